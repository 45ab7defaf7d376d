"""A real PostgreSQL with the real schema: the database image's own start, in a folder of the test."""

import atexit
import functools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from .ports import free_port

SCRIPTS = Path("/usr/local/share/phoenix-db")
# The files of the database image, which the test stages take along: the server finds its own by where it lies.
_SERVER = Path("/server")
PASSWORD = "it's a p4ssword"  # noqa: S105
TOKEN = "secret-token"  # noqa: S105


@functools.cache
def shared_server() -> "TestServer":
    """One for all tests of a run, which empty it before they begin."""
    server = TestServer()
    atexit.register(server.remove)
    return server


class TestServer:
    """`kill` and `start` again keep the data."""

    # For test runners that collect by name: this is none.
    __test__ = False

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="db-"))
        secrets = self._folder / "secrets"
        secrets.mkdir()
        for name in ("owner", "gap-detector", "recurrent-processor", "analysis-engine", "rubik-agent"):
            (secrets / f"db-{name}").write_text(PASSWORD, encoding="utf-8")
        (secrets / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
        (self._folder / "volume").mkdir()
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def settings(self, role: str, port: int, **more: str) -> dict[str, str]:
        """The environment of a service that works with this database; `more` are its own settings."""
        secrets = self._folder / "secrets"
        return {
            "PORT": str(port), "DB_HOST": "127.0.0.1", "DB_PORT": str(self.port), "DB_NAME": "phoenix", "DB_USER": role,
            "DB_PASSWORD_FILE": str(secrets / "db-owner"), "TOKEN_FILE": str(secrets / "token"), **more,
        }  # fmt: skip

    def start(self) -> None:
        env = {
            **os.environ,
            "PATH": f"{_SERVER}/usr/lib/postgresql/17/bin:{os.environ['PATH']}", "LD_LIBRARY_PATH": f"{_SERVER}/lib",
            "PGHOST": str(self._folder), "PGPORT": str(self.port), "PGDATA": str(self._data),
            "DB_SECRETS": str(self._folder / "secrets"), "DB_MIGRATIONS": str(SCRIPTS / "migrations"),
        }  # fmt: skip
        self._process = subprocess.Popen([SCRIPTS / "entrypoint.sh", "postgres"], env=env, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError(f"the database ended with {self._process.returncode}")
            try:
                self.connect("phoenix_owner").close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise AssertionError("the database is not ready after a minute")

    def connect(self, role: str) -> psycopg.Connection:
        return psycopg.connect(host="127.0.0.1", port=self.port, dbname="phoenix", user=role, password=PASSWORD, autocommit=True, connect_timeout=2)

    def empty(self) -> None:
        """Every table as after the first start."""
        with self.connect("phoenix_owner") as owner:
            owner.execute("TRUNCATE series, samples, rollups, events, gaps, anomalies, fills, forecasts, models")

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def signal(self, number: int) -> None:
        """To the server and all of its processes."""
        for pid in self._processes():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def remove(self) -> None:
        self._end(signal.SIGKILL)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._folder / "volume" / "17"

    def _end(self, number: int) -> None:
        assert self._process is not None
        self.signal(number)
        self._process.wait(30)
        # While one of its processes is still there, a new server refuses to start on the same data.
        deadline = time.monotonic() + 30
        while self._processes() and time.monotonic() < deadline:
            self.signal(number)
            time.sleep(0.01)

    def _processes(self) -> list[int]:
        """The server and all that it started; each works in the folder of the data, and none does once it has ended."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(folder / "cwd") == str(self._data):
                    found.append(int(folder.name))
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                continue
        return found
