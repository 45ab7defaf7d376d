"""The service as a process of its own, as the container runs it, and requests to it."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from email.message import Message
from typing import Any, NamedTuple

from .database import TOKEN

GOOD_HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
_START_SECONDS = 120
_ANSWER_SECONDS = 60


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: Message

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class ServiceProcess:
    """`python3 -m module` with these settings, which is there once it answers."""

    def __init__(self, module: str, settings: Mapping[str, str]) -> None:
        self.port = int(settings["PORT"])
        self.process = subprocess.Popen([sys.executable, "-m", module], env={**os.environ, **settings}, stdout=subprocess.PIPE)
        until(lambda: self.get("/live").status == 200, _START_SECONDS, unless=lambda: self.process.poll() is not None)

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def post(self, path: str, body: object, headers: Mapping[str, str] = GOOD_HEADERS) -> Answer:
        """Bytes as they are, anything else as JSON."""
        return self.ask("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_ANSWER_SECONDS)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), answer.headers)
        finally:
            connection.close()

    def stop(self) -> tuple[int, float, str]:
        """The exit code, how long it took, and what was printed."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        output, _ = self.process.communicate(timeout=30)
        return self.process.returncode, time.monotonic() - began, output.decode()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def until[Found](ask: Callable[[], Found], seconds: float = 30, unless: Callable[[], bool] = lambda: False) -> Found:
    """Asks again until there is something to be had; nobody who answers is no answer yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found: Found | None = ask()
        except OSError:
            found = None
        if found:
            return found
        if unless() or time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s; the last answer: {found}")
        time.sleep(0.05)
