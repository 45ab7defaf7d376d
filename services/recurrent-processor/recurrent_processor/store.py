"""What is read from the database and written to it."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import psycopg

from .grid import LOG_SQL, Grid, make_grid, step_of
from .judging import Judgement

# Long enough for a season of a day and several examples of it; more would only be slower.
HISTORY_SECONDS = 14 * 86_400
# Forecasts of the past stay for a while, to be compared with what came.
_FORECASTS_KEPT = "7 days"

_SERIES = """
SELECT s.id, s.stack, s.service, s.probe, s.period_ms, extract(epoch FROM n.at)::float8
FROM series s LEFT JOIN LATERAL (SELECT at FROM samples WHERE series_id = s.id ORDER BY at DESC LIMIT 1) n ON true
ORDER BY s.id
"""

# A step that is not over yet is left out. The mean is of logarithms: one answer of a second among fifty of a millisecond is no trend.
_STEPS = f"""
SELECT extract(epoch FROM date_bin(%(step)s * interval '1 second', at, 'epoch'))::bigint AS bin,
    (avg({LOG_SQL}) FILTER (WHERE outcome = 'success' AND latency_ms IS NOT NULL))::float8, count(*)
FROM samples
WHERE series_id = %(series)s AND at >= to_timestamp(%(start)s) AND at < to_timestamp(%(end)s)
GROUP BY bin
"""


@dataclass(frozen=True)
class Series:
    id: int
    stack: str
    service: str
    probe: str
    period_ms: int
    newest: float | None

    @property
    def name(self) -> str:
        return f"{self.stack}/{self.service}/{self.probe}"

    @property
    def step(self) -> int:
        return step_of(self.period_ms)


def read_series(connection: psycopg.Connection) -> list[Series]:
    return [Series(*row) for row in connection.execute(_SERIES)]


def read_grid(connection: psycopg.Connection, series: Series, now: float) -> Grid:
    end = int(now) // series.step * series.step
    asked = {"series": series.id, "step": series.step, "start": end - HISTORY_SECONDS, "end": end}
    return make_grid(connection.execute(_STEPS, asked).fetchall(), series.step)


def write_forecast(connection: psycopg.Connection, series: Series, start: int, now: float, said: np.ndarray) -> None:
    """The newest forecast of a moment replaces older ones."""
    made = _moment(now)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO forecasts (series_id, made_at, at, value, low, high) VALUES (%s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (series_id, at) DO UPDATE SET made_at = excluded.made_at, value = excluded.value, low = excluded.low, high = excluded.high",
            [(series.id, made, _moment(start + i * series.step), *(float(v) for v in row)) for i, row in enumerate(said)],
        )
        cursor.execute(f"DELETE FROM forecasts WHERE series_id = %s AND at < %s - interval '{_FORECASTS_KEPT}'", (series.id, made))


def write_fills(connection: psycopg.Connection, series: Series, grid: Grid, fills: list[tuple[int, float]]) -> None:
    """All holes of the grid anew: a hole that late samples closed has no fill any more."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM fills WHERE series_id = %s AND at >= %s", (series.id, _moment(grid.start)))
        cursor.executemany(
            "INSERT INTO fills (series_id, at, latency_ms) VALUES (%s, %s, %s)", [(series.id, _moment(at), value) for at, value in fills]
        )


def write_model(connection: psycopg.Connection, series: Series, grid: Grid, now: float, loss: float, judgement: Judgement) -> None:
    connection.execute(
        "INSERT INTO models (series_id, trained_at, samples, loss, baseline_error, model_error) VALUES (%s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (series_id) DO UPDATE SET trained_at = excluded.trained_at, samples = excluded.samples, loss = excluded.loss, "
        "baseline_error = excluded.baseline_error, model_error = excluded.model_error",
        (series.id, _moment(now), grid.measured, loss, judgement.baseline_error, judgement.error),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
