"""Keeps what the last scan found equal to what the table says: samples that arrive late can close a gap, or undo it."""

from collections.abc import Sequence
from dataclasses import replace

import psycopg

from ..detect.finding import Anomaly, Finding
from ..times import to_iso

_AS_MS = "(extract(epoch FROM {0}) * 1000)::bigint"
Key = tuple[str, int]


def continue_outage(connection: psycopg.Connection, series_id: int, start_ms: int, findings: Sequence[Finding]) -> list[Finding]:
    """An outage older than what was read began before it: it keeps its beginning, and its count goes on."""
    if not findings or findings[0].kind != "outage" or findings[0].started_ms != start_ms:
        return list(findings)
    row = connection.execute(
        f"""
        SELECT {_AS_MS.format("g.started_at")}, greatest(g.samples, %(here)s + (
            SELECT count(*) FROM samples WHERE series_id = g.series_id AND at >= g.started_at AND at < %(start)s AND outcome = 'failure'))
        FROM gaps g WHERE g.series_id = %(series)s AND g.kind = 'outage' AND g.started_at < %(start)s
            AND (g.ended_at IS NULL OR g.ended_at >= %(start)s)
        ORDER BY g.started_at LIMIT 1
        """,
        {"series": series_id, "start": to_iso(start_ms), "here": findings[0].samples},
    ).fetchone()
    if row is None:
        return list(findings)
    because = f"{row[1]} probes in a row failed"
    return [replace(findings[0], started_ms=row[0], samples=row[1], because=because), *findings[1:]]


def replace_findings(connection: psycopg.Connection, series_id: int, start_ms: int, findings: Sequence[Finding]) -> list[tuple[str, Finding]]:
    """What is news in it: ("began" | "ended", finding)."""
    since = min([start_ms, *(finding.started_ms for finding in findings)])
    rows = connection.execute(
        f"SELECT kind, {_AS_MS.format('started_at')}, {_AS_MS.format('ended_at')}, samples, because "
        "FROM gaps WHERE series_id = %s AND started_at >= %s",
        (series_id, to_iso(since)),
    ).fetchall()
    before: dict[Key, Finding] = {(row[0], row[1]): Finding(*row) for row in rows}
    after: dict[Key, Finding] = {(finding.kind, finding.started_ms): finding for finding in findings}
    for kind, started_ms in before.keys() - after.keys():
        connection.execute(
            "DELETE FROM gaps WHERE series_id = %s AND kind = %s AND started_at = %s", (series_id, kind, to_iso(started_ms))
        )
    news: list[tuple[str, Finding]] = []
    for key, finding in after.items():
        old = before.get(key)
        if old == finding:
            continue
        _write(connection, series_id, finding)
        if old is None and finding.ended_ms is None:
            news.append(("began", finding))
        elif finding.ended_ms is not None and (old is None or old.ended_ms is None):
            news.append(("ended", finding))
    return news


def _write(connection: psycopg.Connection, series_id: int, finding: Finding) -> None:
    connection.execute(
        "INSERT INTO gaps (series_id, kind, started_at, ended_at, samples, because) VALUES (%s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (series_id, kind, started_at) DO UPDATE SET ended_at = excluded.ended_at, samples = excluded.samples, "
        "because = excluded.because",
        (series_id, finding.kind, to_iso(finding.started_ms), to_iso(finding.ended_ms), finding.samples, finding.because),
    )


def replace_anomalies(connection: psycopg.Connection, series_id: int, since_ms: int, anomalies: Sequence[Anomaly]) -> None:
    """Those since then; what lies before was only read for comparison."""
    connection.execute("DELETE FROM anomalies WHERE series_id = %s AND at >= %s", (series_id, to_iso(since_ms)))
    fresh = [anomaly for anomaly in anomalies if anomaly.at_ms >= since_ms]
    if not fresh:
        return
    connection.execute(
        "INSERT INTO anomalies (series_id, at, latency_ms, score, because) "
        "SELECT %s, * FROM unnest(%s::timestamptz[], %s::real[], %s::real[], %s::text[])",
        (
            series_id,
            [to_iso(anomaly.at_ms) for anomaly in fresh],
            [anomaly.latency_ms for anomaly in fresh],
            [anomaly.score for anomaly in fresh],
            [anomaly.because for anomaly in fresh],
        ),
    )
