"""Answers what was found in a stretch of time, by series, service or kind."""

from collections.abc import Sequence
from typing import Literal

from ..times import to_iso
from .database import Database

_SHARED = "s.stack, s.service, s.probe"


def list_gaps(database: Database, start_ms: int, end_ms: int, where: dict[str, str], limit: int) -> list[dict[str, object]]:
    """Newest first; those that overlap the stretch, one that still goes on included."""
    rows = _ask(
        database,
        f"SELECT g.id, {_SHARED}, g.kind, {_ms('g.started_at')}, {_ms('g.ended_at')}, g.samples, g.because "
        "FROM gaps g JOIN series s ON s.id = g.series_id "
        "WHERE g.started_at < %(end)s AND (g.ended_at IS NULL OR g.ended_at > %(start)s)",
        "g.started_at DESC, g.id",
        {**where, "start": to_iso(start_ms), "end": to_iso(end_ms), "limit": limit},
    )
    keys = ("id", "stack", "service", "probe", "kind", "started_at", "ended_at", "samples", "because")
    return [{**dict(zip(keys, row, strict=True)), "started_at": to_iso(row[5]), "ended_at": to_iso(row[6]), "seconds": _seconds(row[5], row[6])} for row in rows]


def list_anomalies(database: Database, start_ms: int, end_ms: int, where: dict[str, str], limit: int) -> list[dict[str, object]]:
    rows = _ask(
        database,
        f"SELECT {_SHARED}, {_ms('a.at')}, a.latency_ms, a.score, a.because "
        "FROM anomalies a JOIN series s ON s.id = a.series_id WHERE a.at >= %(start)s AND a.at < %(end)s",
        "a.at DESC, s.id",
        {**where, "start": to_iso(start_ms), "end": to_iso(end_ms), "limit": limit},
    )
    keys = ("stack", "service", "probe", "at", "latency_ms", "score", "because")
    return [{**dict(zip(keys, row, strict=True)), "at": to_iso(row[3])} for row in rows]


# What may be asked for, and the column that answers. Nothing a client sends becomes part of a statement.
_FILTERS: dict[str, Literal["s.stack", "s.service", "s.probe", "g.kind"]] = {
    "stack": "s.stack",
    "service": "s.service",
    "probe": "s.probe",
    "kind": "g.kind",
}


def _ask(database: Database, query: str, order: str, values: dict[str, object]) -> Sequence[tuple]:
    filters = "".join(f" AND {column} = %({key})s" for key, column in _FILTERS.items() if key in values)
    with database.transaction(8.0) as connection:
        return connection.execute(f"{query}{filters} ORDER BY {order} LIMIT %(limit)s", values).fetchall()  # type: ignore[arg-type]


def _ms(column: str) -> str:
    return f"(extract(epoch FROM {column}) * 1000)::bigint"


def _seconds(start_ms: int, end_ms: int | None) -> float | None:
    return None if end_ms is None else round((end_ms - start_ms) / 1000, 3)
