"""The series: what is asked how often. Few, so their numbers are remembered."""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from phoenix_service.refused import Refused

from ..batch import Sample
from ..times import to_iso
from .database import Database

MOST_SERIES = 10_000
Name = tuple[str, str, str]


class SeriesIds:
    def __init__(self) -> None:
        self._known: dict[Name, tuple[int, int]] = {}

    def resolve(self, connection: psycopg.Connection, samples: Iterable[Sample]) -> tuple[dict[Name, int], dict[Name, tuple[int, int]]]:
        """The numbers of the samples' series, and what was learnt, to be remembered once it is committed. Samples in order of time."""
        periods = {(sample.stack, sample.service, sample.probe): sample.period_ms for sample in samples}
        learnt: dict[Name, tuple[int, int]] = {}
        for name, period_ms in sorted(periods.items()):
            if name not in self._known and len(self._known) + len(learnt) >= MOST_SERIES:
                raise Refused(422, f"there are {MOST_SERIES} series already, and {name} would be one more", "samples")
            known = self._known.get(name)
            if known is None or known[1] != period_ms:
                learnt[name] = (_upsert(connection, name, period_ms), period_ms)
        ids = {name: (learnt.get(name) or self._known[name])[0] for name in periods}
        return ids, learnt

    def remember(self, learnt: dict[Name, tuple[int, int]]) -> None:
        self._known |= learnt


def _upsert(connection: psycopg.Connection, name: Name, period_ms: int) -> int:
    row = connection.execute(
        "INSERT INTO series (stack, service, probe, period_ms) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (stack, service, probe) DO UPDATE SET period_ms = excluded.period_ms RETURNING id",
        (*name, period_ms),
    ).fetchone()
    assert row is not None
    return row[0]


@dataclass(frozen=True)
class SeriesFact:
    id: int
    stack: str
    service: str
    probe: str
    period_ms: int
    last_ms: int | None
    last_outcome: str | None


def list_series(database: Database) -> list[SeriesFact]:
    """All of them, each with its newest sample."""
    with database.transaction(8.0) as connection:
        rows = connection.execute(
            """
            SELECT s.id, s.stack, s.service, s.probe, s.period_ms, l.last_ms, l.outcome
            FROM series s
            LEFT JOIN LATERAL (
                SELECT (extract(epoch FROM at) * 1000)::bigint AS last_ms, outcome
                FROM samples WHERE series_id = s.id ORDER BY at DESC LIMIT 1
            ) l ON true
            ORDER BY s.stack, s.service, s.probe
            """
        ).fetchall()
    return [SeriesFact(*row) for row in rows]


def count_samples(database: Database, start_ms: int) -> dict[int, int]:
    """How many samples each series has since then, to the minute."""
    with database.transaction(8.0) as connection:
        rows = connection.execute("SELECT series_id, sum(total)::bigint FROM rollups WHERE minute >= %s GROUP BY 1", (to_iso(start_ms),))
        return dict(rows.fetchall())
