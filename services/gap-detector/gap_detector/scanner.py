"""Scans one series in the database and writes down what changed."""

import threading
from dataclasses import dataclass

from .detect.finding import Finding
from .detect.latency import BLOCK
from .detect.model import Expectation
from .detect.scan import scan
from .store.database import Database
from .store.findings import continue_outage, replace_anomalies, replace_findings
from .store.readings import read_anchor, read_readings
from .store.series import SeriesFact

# What latencies are compared with reaches this many periods back.
_CONTEXT_PERIODS = 2 * BLOCK + 32
_DEEPEST_MS = 86_400_000
SCAN_SECONDS = 60.0


@dataclass(frozen=True)
class Scanned:
    samples: int
    findings: list[Finding]
    anomalies: int
    news: list[tuple[str, Finding]]


class Scanner:
    def __init__(self, database: Database) -> None:
        self._database = database
        # Two scans of one series at once would each delete what the other found.
        self._turn = threading.Lock()
        self.expectation: Expectation | None = None

    def scan(self, series: SeriesFact, since_ms: int, now_ms: int) -> Scanned:
        """Looks at everything that samples since then can have changed, up to now."""
        with self._turn, self._database.transaction(SCAN_SECONDS) as connection:
            context = since_ms - _CONTEXT_PERIODS * series.period_ms
            anchor = read_anchor(connection, series.id, context, _DEEPEST_MS)
            readings = read_readings(connection, series.id, anchor)
            seen = scan(readings, series.period_ms, now_ms, self.expectation)
            verdicts = readings.verdicts()
            first = int(verdicts.at[0]) if len(verdicts) > 0 else anchor
            findings = continue_outage(connection, series.id, first, seen.findings)
            news = replace_findings(connection, series.id, first, findings)
            replace_anomalies(connection, series.id, since_ms, seen.anomalies)
            fresh = [finding for finding in findings if finding.ended_ms is None or finding.ended_ms >= since_ms]
            return Scanned(len(readings), fresh, sum(1 for anomaly in seen.anomalies if anomaly.at_ms >= since_ms), news)
