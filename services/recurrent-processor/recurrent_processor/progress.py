"""What the worker is doing and how far it got: written by it, read by /health and /metrics."""

import time
from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import Any, Literal

State = Literal["waiting for data", "training", "trained"]

# The worker says a word at every step and every wait. Silence that long is no progress, and a restart goes on from the checkpoints.
STUCK_SECONDS = 120.0


@dataclass
class SeriesProgress:
    name: str
    state: State = "waiting for data"
    measured: int = 0
    needed: int = 0
    steps: int = 0
    trained_at: float | None = None
    forecast_at: float | None = None
    loss: float | None = None
    model_error: float | None = None
    baseline_error: float | None = None


@dataclass
class Progress:
    doing: str = "starting"
    trouble: str | None = None
    turns: int = 0
    series: dict[int, SeriesProgress] = field(default_factory=dict)
    _spoken: float = field(default_factory=time.monotonic)
    _lock: Lock = field(default_factory=Lock)

    def say(self, doing: str | None = None) -> None:
        with self._lock:
            self._spoken = time.monotonic()
            if doing is not None:
                self.doing = doing

    def update(self, series: int, name: str, **fields: Any) -> None:
        with self._lock:
            known = self.series.setdefault(series, SeriesProgress(name))
            for key, value in fields.items():
                setattr(known, key, value)

    def keep_only(self, series: set[int]) -> None:
        with self._lock:
            for gone in self.series.keys() - series:
                del self.series[gone]

    def count_turn(self) -> None:
        with self._lock:
            self.turns += 1

    @property
    def silent_seconds(self) -> float:
        return time.monotonic() - self._spoken

    @property
    def is_stuck(self) -> bool:
        return self.silent_seconds > STUCK_SECONDS

    def show(self) -> dict[str, Any]:
        with self._lock:
            entries = [{"id": key} | asdict(value) for key, value in self.series.items()]
            doing, trouble, turns = self.doing, self.trouble, self.turns
        status = "stuck" if self.is_stuck else "degraded" if trouble else "healthy"
        return {
            "status": status,
            "doing": doing,
            "trouble": trouble,
            "turns": turns,
            "last_word_seconds_ago": round(self.silent_seconds, 1),
            "trained": sum(e["state"] == "trained" for e in entries),
            "of": len(entries),
            "series": entries,
        }
