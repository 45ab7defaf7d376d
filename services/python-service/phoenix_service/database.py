"""Connections to the database. Every question ends within a few seconds, one way or the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from .settings import Settings

CONNECT_SECONDS = 2


class DatabaseAway(Exception):
    """The database cannot be asked just now. The reason is for the log: it names hosts and roles, which strangers need not know."""


def connection_settings(settings: Settings, name: str) -> dict[str, Any]:
    """Where the database is and who asks; `name` is what the server's own lists call the connection."""
    return {
        "host": settings.db_host,
        "port": settings.db_port,
        "dbname": settings.db_name,
        "user": settings.db_user,
        "password": settings.db_password,
        "application_name": name,
        "connect_timeout": CONNECT_SECONDS,
    }


class Database:
    """A connection for each transaction: for services that ask a few times a minute."""

    def __init__(self, settings: Settings, name: str, *, statement_ms: int, options: str = "") -> None:
        self._settings = {
            **connection_settings(settings, name),
            # A database whose host vanishes is noticed by TCP itself, and not only by the statement's own deadline on the other side.
            "tcp_user_timeout": statement_ms,
            "options": f"-c statement_timeout={statement_ms} -c timezone=UTC {options}",
        }

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """Committed at the end, or nothing of it happened."""
        try:
            with psycopg.connect(**self._settings) as connection:
                yield connection
        except psycopg.Error as error:
            raise DatabaseAway(reason(error)) from error

    def ask(self) -> None:
        """Proves that the database answers and that this role may read."""
        with self.transaction() as connection:
            connection.execute("SELECT 1 FROM series LIMIT 1")


def reason(error: psycopg.Error) -> str:
    """One line for the log."""
    return " ".join(str(error).split())[:300] or type(error).__name__
