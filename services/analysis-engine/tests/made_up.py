"""Facts and reports for tests, around one fixed moment."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from phoenix_testing.database import TestServer

from analysis_engine.facts import Bucket, Event, Facts, Forecast, Latency, Outage, Service
from analysis_engine.report import Report, build_report
from analysis_engine.windows import Window, last

NOW = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)
WEB = Service("phoenix", "web.service")
DB = Service("phoenix", "db.service")


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def buckets(window: Window, down: dict[int, float] | None = None) -> list[Bucket]:
    """A window that is measured from end to end; `down` gives minutes for the buckets with that index."""
    count = round(window.length / window.bucket)
    minutes = round(window.bucket / timedelta(minutes=1))
    return [Bucket(window.start + i * window.bucket, minutes, (down or {}).get(i, 0.0)) for i in range(count)]


def facts(window: Window, **changes: object) -> Facts:
    values: dict[str, object] = {
        "since": {WEB: ago(days=60), DB: ago(days=60)},
        "buckets": {WEB: buckets(window, {10: 5.0}), DB: buckets(window)},
        "latencies": {WEB: [Latency(b.at, 2.0, 8.0) for b in buckets(window)]},
        "outages": {WEB: [Outage(window.start + 10 * window.bucket, window.start + 10 * window.bucket + timedelta(minutes=5), "HTTP 502")]},
        "gaps": {},
        "forecasts": {WEB: [Forecast(NOW + timedelta(minutes=i), 2.0, 1.0, 3.0) for i in range(1, 61)]},
        "events": [Event(ago(hours=3), "phoenix", None, "good", 8, "generation 8 is good"), Event(ago(hours=4), "phoenix", None, "rolledBack", 7, "HTTP 500")],
    }
    return Facts(**(values | changes))  # type: ignore[arg-type]


def report(name: str = "24h", **changes: object) -> Report:
    window = last(name, NOW)
    return build_report(facts(window, **changes), window, 0.999)


def write_month(server: TestServer) -> None:
    """Thirty days of ten services, a sample every ten seconds, as the rollups that gap-detector makes of them."""
    month, forecasts = Path(__file__).with_name("month.sql").read_text(encoding="utf-8").split("-- AS recurrent_processor\n")
    for role, sql in (("gap_detector", month), ("recurrent_processor", forecasts)):
        with server.connect(role) as connection:
            connection.execute(sql)
