"""Connections to the database. This service only reads, and every question ends within a few seconds, one way or the other."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from .config import Config

_CONNECT_SECONDS = 2
_STATEMENT_MS = 8_000


class DatabaseAway(Exception):
    """The database cannot be asked just now. The reason is for the log: it names hosts and roles, which strangers need not know."""


class Database:
    def __init__(self, config: Config) -> None:
        self._settings = {
            "host": config.db_host,
            "port": config.db_port,
            "dbname": config.db_name,
            "user": config.db_user,
            "password": config.db_password,
            "application_name": "analysis-engine",
            "connect_timeout": _CONNECT_SECONDS,
            # A database whose host vanishes is noticed by TCP itself, and not only by the statement's own deadline on the other side.
            "tcp_user_timeout": _STATEMENT_MS,
            # The rollups of a month are sorted in memory instead of on disk.
            "options": f"-c statement_timeout={_STATEMENT_MS} -c work_mem=64MB -c timezone=UTC",
        }

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection]:
        """One connection, one snapshot: what a report says about outages and about availability is of the same moment."""
        try:
            with psycopg.connect(**self._settings) as connection:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
                yield connection
        except psycopg.Error as error:
            raise DatabaseAway(_first_line(error)) from error

    def ask(self) -> None:
        """Proves that the database answers and that this role may read."""
        with self.reading() as connection:
            connection.execute("SELECT 1 FROM series LIMIT 1")


def _first_line(error: psycopg.Error) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
