"""Connections to the database. Every question ends within a few seconds, one way or the other."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from .config import Config

_CONNECT_SECONDS = 2
_STATEMENT_MS = 15_000


class DatabaseAway(Exception):
    """The database cannot be asked just now."""


class Database:
    def __init__(self, config: Config) -> None:
        self._settings = {
            "host": config.db_host,
            "port": config.db_port,
            "dbname": config.db_name,
            "user": config.db_user,
            "password": config.db_password,
            "application_name": "recurrent-processor",
            "connect_timeout": _CONNECT_SECONDS,
            # A database whose host vanishes is noticed by TCP itself, and not only by the statement's own deadline on the other side.
            "tcp_user_timeout": _STATEMENT_MS,
            "options": f"-c statement_timeout={_STATEMENT_MS} -c timezone=UTC",
        }

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """Committed at the end, or nothing of it happened."""
        try:
            with psycopg.connect(**self._settings) as connection:
                yield connection
        except psycopg.Error as error:
            lines = str(error).strip().splitlines()
            raise DatabaseAway(lines[0] if lines else type(error).__name__) from error

    def ask(self) -> None:
        """Proves that the database answers and that this role may read."""
        with self.transaction() as connection:
            connection.execute("SELECT 1 FROM series LIMIT 1")
