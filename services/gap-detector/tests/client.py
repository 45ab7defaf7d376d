"""The service as a process of its own, and requests to it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .database import PASSWORD, TestServer


class Client:
    def __init__(self, database: TestServer, **env: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        password, token = Path(self._folder.name, "password"), Path(self._folder.name, "token")
        password.write_text(PASSWORD, encoding="utf-8")
        token.write_text("token\n", encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        settings = {
            "PORT": str(self.port), "DB_HOST": "127.0.0.1", "DB_PORT": str(database.port), "DB_NAME": "phoenix", "DB_USER": "gap_detector",
            "DB_PASSWORD_FILE": str(password), "TOKEN_FILE": str(token), "KEEP_DAYS": "30", "KEEP_SUMS_DAYS": "400",
        }  # fmt: skip
        self.process = subprocess.Popen([sys.executable, "-m", "gap_detector"], env={**os.environ, **settings, **env}, stdout=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while True:
            try:
                if self.get("/ready")[0] == 200:
                    return
            except OSError:
                pass
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError("the service does not become ready")
            time.sleep(0.05)

    def get(self, path: str) -> tuple[int, dict]:
        return self.ask("GET", path)

    def post(self, path: str, body: object, token: str | None = "token", kind: str = "application/json") -> tuple[int, dict]:
        headers = {"Content-Type": kind, **({} if token is None else {"Authorization": f"Bearer {token}"})}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path, raw, headers)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            text = answer.read().decode()
            return answer.status, json.loads(text) if "json" in (answer.getheader("content-type") or "") else {"text": text}
        finally:
            connection.close()

    def until(self, path: str, wanted, seconds: float = 30) -> dict:
        """Asks again until the answer is as wanted."""
        deadline = time.monotonic() + seconds
        while True:
            _, body = self.get(path)
            if wanted(body):
                return body
            if time.monotonic() > deadline:
                raise AssertionError(f"{path} still answers {body}")
            time.sleep(0.2)

    def stop(self) -> tuple[int, float, str]:
        """The exit code, how long it took, and what was printed."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        output, _ = self.process.communicate(timeout=30)
        return self.process.returncode, time.monotonic() - began, output.decode()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        self._folder.cleanup()
