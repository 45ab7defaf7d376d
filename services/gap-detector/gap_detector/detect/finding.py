"""What a scan finds."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """A stretch of time. `ended_ms` is None while it goes on; `samples` is how many probes failed, or could not be run, in it."""

    kind: Literal["gap", "outage"]
    started_ms: int
    ended_ms: int | None
    samples: int
    because: str


@dataclass(frozen=True)
class Anomaly:
    at_ms: int
    latency_ms: float
    score: float
    because: str
