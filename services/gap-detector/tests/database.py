"""A real PostgreSQL with the real schema: the database image's own start, in a folder of the test."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from gap_detector.config import Config

SCRIPTS = Path("/usr/local/share/phoenix-db")
PASSWORD = "it's a p4ssword"  # noqa: S105


class TestServer:
    """Started once for a test class; `kill` and `start` again keep the data."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="db-"))
        secrets = self._folder / "secrets"
        secrets.mkdir()
        for name in ("owner", "gap-detector", "recurrent-processor", "analysis-engine", "rubik-agent"):
            (secrets / f"db-{name}").write_text(PASSWORD, encoding="utf-8")
        (self._folder / "volume").mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def config(self, **changes: object) -> Config:
        values: dict[str, object] = {
            "port": 8000, "db_host": "127.0.0.1", "db_port": self.port, "db_name": "phoenix", "db_user": "gap_detector",
            "db_password": PASSWORD, "token": "token", "keep_days": 30, "keep_sums_days": 400,
        }  # fmt: skip
        return Config(**{**values, **changes})  # type: ignore[arg-type]

    def start(self) -> None:
        env = {
            **os.environ,
            "PGHOST": str(self._folder), "PGPORT": str(self.port), "PGDATA": str(self._folder / "volume" / "17"),
            "DB_SECRETS": str(self._folder / "secrets"), "DB_MIGRATIONS": str(SCRIPTS / "migrations"),
        }  # fmt: skip
        self._process = subprocess.Popen([SCRIPTS / "entrypoint.sh", "postgres"], env=env, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError(f"the database ended with {self._process.returncode}")
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise AssertionError("the database is not ready after a minute")

    def connect(self, role: str = "gap_detector") -> psycopg.Connection:
        return psycopg.connect(host="127.0.0.1", port=self.port, dbname="phoenix", user=role, password=PASSWORD, autocommit=True, connect_timeout=2)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def signal(self, number: int) -> None:
        """To the server and all of its processes."""
        assert self._process is not None
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(folder / "cwd") == str(self._folder / "volume" / "17"):
                    os.kill(int(folder.name), number)
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                continue

    def remove(self) -> None:
        self._end(signal.SIGKILL)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, number: int) -> None:
        assert self._process is not None
        self.signal(number)
        self._process.wait(30)
