"""Writes samples and their sums. What is acknowledged was committed; what comes twice changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import errors

from ..batch import DAY_MS, Sample
from ..times import to_iso
from .database import Database
from .series import SeriesIds

_SECONDS = 8.0

# One statement, so that the sums can never differ from the samples: only rows that were new are added up.
_WRITE = """
WITH new AS (
    INSERT INTO samples (series_id, at, outcome, latency_ms)
    SELECT * FROM unnest(%s::integer[], %s::timestamptz[], %s::text[], %s::real[])
    ON CONFLICT DO NOTHING
    RETURNING series_id, at, outcome, latency_ms
), sums AS (
    INSERT INTO rollups AS r (series_id, minute, total, success, failure, error, latency_sum, latency_max)
    SELECT series_id, date_trunc('minute', at, 'UTC'), count(*), count(*) FILTER (WHERE outcome = 'success'),
        count(*) FILTER (WHERE outcome = 'failure'), count(*) FILTER (WHERE outcome = 'error'),
        coalesce(sum(latency_ms::double precision) FILTER (WHERE outcome = 'success'), 0),
        max(latency_ms) FILTER (WHERE outcome = 'success')
    FROM new GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (series_id, minute) DO UPDATE SET total = r.total + excluded.total, success = r.success + excluded.success,
        failure = r.failure + excluded.failure, error = r.error + excluded.error,
        latency_sum = r.latency_sum + excluded.latency_sum, latency_max = greatest(r.latency_max, excluded.latency_max)
)
SELECT series_id, min(at), max(at), count(*) FROM new GROUP BY 1
"""


@dataclass(frozen=True)
class Written:
    """What was new, series by series: the first and the last of the new samples."""

    stretches: dict[int, tuple[int, int]]
    new: int


class SampleWriter:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._ids = SeriesIds()
        self._days: set[int] = set()

    def write(self, samples: Sequence[Sample]) -> Written:
        try:
            return self._write(samples)
        except (errors.CheckViolation, errors.ForeignKeyViolation):
            # What we remember is not there any more: another volume, or a day that was dropped. Ask again, once.
            self._ids, self._days = SeriesIds(), set()
            return self._write(samples)

    def _write(self, samples: Sequence[Sample]) -> Written:
        self._ensure_days({sample.at // DAY_MS for sample in samples})
        # In one order whoever writes, so that two batches wait for each other and never for one another's rows in turn.
        ordered = sorted(samples, key=lambda sample: (sample.stack, sample.service, sample.probe, sample.at))
        with self._database.transaction(_SECONDS) as connection:
            ids, learnt = self._ids.resolve(connection, ordered)
            rows = connection.execute(
                _WRITE,
                (
                    [ids[sample.stack, sample.service, sample.probe] for sample in ordered],
                    [to_iso(sample.at) for sample in ordered],
                    [sample.outcome for sample in ordered],
                    [sample.latency_ms for sample in ordered],
                ),
            ).fetchall()
        # Only now it is certain that the rows exist.
        self._ids.remember(learnt)
        stretches = {series: (_ms(first), _ms(last)) for series, first, last, _ in rows}
        return Written(stretches, sum(row[3] for row in rows))

    def _ensure_days(self, days: set[int]) -> None:
        for day in sorted(days - self._days):
            # A transaction of its own: a new partition locks its parent until the end.
            with self._database.transaction(_SECONDS) as connection:
                ensure_day(connection, day)
            self._days.add(day)


def ensure_day(connection: psycopg.Connection, day: int) -> None:
    """`day` counts from 1970, UTC."""
    connection.execute("SELECT ensure_partition(date '1970-01-01' + %s::integer)", (day,))


def _ms(at: object) -> int:
    return round(at.timestamp() * 1000)  # type: ignore[attr-defined]
