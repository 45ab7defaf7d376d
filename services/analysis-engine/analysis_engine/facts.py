"""What a report is made of, as the database gives it: already added up there, so a month of samples is a few thousand rows here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import psycopg

from .windows import Window


class Service(NamedTuple):
    stack: str
    name: str

    @property
    def short(self) -> str:
        """The name people use: 'web' for 'web.service'."""
        return self.name.removesuffix(".service")


class Bucket(NamedTuple):
    at: datetime
    minutes: int  # measured ones
    down: float  # minutes, of those


class Latency(NamedTuple):
    at: datetime
    mean: float
    highest: float


class Outage(NamedTuple):
    start: datetime
    end: datetime | None
    because: str


class Event(NamedTuple):
    at: datetime
    stack: str
    service: str | None
    kind: str
    generation: int | None
    detail: str


class Forecast(NamedTuple):
    at: datetime
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Facts:
    # Since when each service is watched; every service of the database is in here, whether the window has data of it or not.
    since: dict[Service, datetime]
    buckets: dict[Service, list[Bucket]]
    latencies: dict[Service, list[Latency]]
    outages: dict[Service, list[Outage]]
    # When no heartbeat came although one was due: nothing is known of that time.
    gaps: dict[Service, list[Outage]]
    forecasts: dict[Service, list[Forecast]]
    events: list[Event]


# Several probes may watch one service (its lead is the oldest). A minute is as good as the worst of them says; a minute in
# which none could ask is not measured.
_BUCKETS = """
WITH leads AS (SELECT id, min(id) OVER (PARTITION BY stack, service) AS lead FROM series),
minutes AS (
    SELECT l.lead, r.minute, 1 - min(r.success::float8 / (r.success + r.failure)) AS down
    FROM rollups r JOIN leads l ON l.id = r.series_id
    WHERE r.minute >= %(start)s AND r.minute < %(end)s AND r.success + r.failure > 0
    GROUP BY l.lead, r.minute
)
SELECT lead, date_bin(%(bucket)s, minute, %(start)s) AS at, count(*), sum(down)
FROM minutes GROUP BY lead, at ORDER BY lead, at
"""

_LATENCIES = """
SELECT series_id, date_bin(%(bucket)s, minute, %(start)s) AS at, sum(latency_sum) / sum(success), max(latency_max)::float8, sum(success)
FROM rollups
WHERE minute >= %(start)s AND minute < %(end)s AND success > 0 AND latency_max IS NOT NULL
GROUP BY series_id, at ORDER BY series_id, at
"""

_SPANS = """
SELECT series_id, started_at, ended_at, coalesce(because, '') FROM gaps
WHERE kind = %(kind)s AND started_at < %(end)s AND (ended_at IS NULL OR ended_at > %(start)s)
ORDER BY started_at
"""

_FORECASTS = """
SELECT series_id, at, value::float8, low::float8, high::float8 FROM forecasts
WHERE at > %(now)s AND at <= %(now)s + interval '1 hour' ORDER BY series_id, at
"""

# The newest 500: a page that lists more is read by nobody, and a crash loop must not make it endless.
_EVENTS = """
SELECT at, stack, service, kind, generation, coalesce(detail, '') FROM events
WHERE at >= %(start)s AND at <= %(end)s AND kind = ANY(%(kinds)s)
ORDER BY at DESC LIMIT 500
"""


def read_facts(connection: psycopg.Connection, window: Window, kinds: list[str]) -> Facts:
    """Everything about a window. `kinds` are the events that a report shows."""
    asked = {"start": window.start, "end": window.end, "now": window.now, "bucket": window.bucket, "kinds": kinds}
    service_of: dict[int, Service] = {}
    since: dict[Service, datetime] = {}
    for series, stack, name, created in connection.execute("SELECT id, stack, service, created_at FROM series ORDER BY stack, service"):
        service = Service(stack, name)
        service_of[series] = service
        since[service] = min(created, since.get(service, created))
    latencies = by_series(connection.execute(_LATENCIES, asked))
    shown = busiest(latencies, service_of)
    forecasts = by_series(connection.execute(_FORECASTS, asked)) if window.end == window.now else {}
    return Facts(
        since=since,
        buckets={service_of[lead]: [Bucket(*row) for row in rows] for lead, rows in by_series(connection.execute(_BUCKETS, asked)).items()},
        latencies={service: [Latency(*row[:3]) for row in latencies[series]] for service, series in shown.items()},
        outages=_spans(connection.execute(_SPANS, asked | {"kind": "outage"}), service_of),
        gaps=_spans(connection.execute(_SPANS, asked | {"kind": "gap"}), service_of),
        forecasts={service: [Forecast(*row) for row in forecasts[series]] for service, series in shown.items() if series in forecasts},
        events=[Event(*row) for row in connection.execute(_EVENTS, asked)],
    )


def by_series(rows: Iterable[tuple]) -> dict[int, list[tuple]]:
    """Rows that begin with their series, under it."""
    found: dict[int, list[tuple]] = {}
    for series, *row in rows:
        found.setdefault(series, []).append(tuple(row))
    return found


def busiest(latencies: dict[int, list[tuple]], service_of: dict[int, Service]) -> dict[Service, int]:
    """The series whose latency stands for its service: two kinds of probe do not make one line, so the one with most answers is shown."""
    answers = {series: sum(row[3] for row in rows) for series, rows in latencies.items()}
    shown: dict[Service, int] = {}
    for series in sorted(answers, key=lambda s: (-answers[s], s)):
        shown.setdefault(service_of[series], series)
    return shown


def _spans(rows: Iterable[tuple], service_of: dict[int, Service]) -> dict[Service, list[Outage]]:
    found: dict[Service, list[Outage]] = {}
    for series, start, end, because in rows:
        found.setdefault(service_of[series], []).append(Outage(start, end, because))
    return found
