"""One series, looked at once."""

from dataclasses import dataclass

import numpy as np

from .finding import Anomaly, Finding
from .gaps import find_gaps
from .latency import robust_scores
from .model import Expectation
from .outages import find_outages
from .readings import Readings
from .silence import find_silence

# In robust standard deviations. Both must say so: unusual for the series, and not to be expected there.
THRESHOLD = 5.0


@dataclass(frozen=True)
class Scan:
    findings: list[Finding]
    anomalies: list[Anomaly]


def scan(readings: Readings, period_ms: int, now_ms: int, expectation: Expectation | None) -> Scan:
    verdicts = readings.verdicts()
    silence = find_silence(verdicts.at, period_ms, now_ms)
    findings = [*find_gaps(readings, verdicts.at, silence), *find_outages(verdicts, silence)]
    findings.sort(key=lambda finding: (finding.started_ms, finding.kind))
    return Scan(findings, _anomalies(readings.measured(), expectation))


def _anomalies(measured: Readings, expectation: Expectation | None) -> list[Anomaly]:
    scores = robust_scores(measured.latency)
    places = np.flatnonzero(scores >= THRESHOLD)
    if len(places) > 0 and expectation is not None:
        places = places[expectation.surprise(scores, places) >= THRESHOLD]
    how = "and nothing before it led to expect it" if expectation is not None else "by its own series alone"
    return [
        Anomaly(
            int(measured.at[place]),
            float(measured.latency[place]),
            round(float(scores[place]), 2),
            f"{scores[place]:.1f} robust deviations slower than usual, {how}",
        )
        for place in places.tolist()
    ]
