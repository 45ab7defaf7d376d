"""This service only reads."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from phoenix_service.database import Database

from .config import Config


class ReadDatabase(Database):
    def __init__(self, config: Config) -> None:
        # The rollups of a month are sorted in memory instead of on disk.
        super().__init__(config, "analysis-engine", statement_ms=8_000, options="-c work_mem=64MB")

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """One snapshot: what a report says about outages and about availability is of the same moment."""
        with super().transaction() as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            yield connection
