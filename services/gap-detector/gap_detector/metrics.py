"""Counters since the start."""

import threading
from collections.abc import Mapping

from phoenix_service.prometheus import family

_HELP = {
    "samples_accepted_total": "Samples acknowledged, repeated ones included.",
    "samples_new_total": "Samples that were not there before.",
    "samples_rejected_total": "Samples reported as bad.",
    "events_accepted_total": "Events acknowledged, repeated ones included.",
    "events_rejected_total": "Events reported as bad.",
    "requests_refused_total": "Requests answered with 4xx.",
    "requests_failed_total": "Requests answered with 5xx.",
    "scans_total": "Scans of one series.",
    "scanned_samples_total": "Samples looked at by scans.",
    "scan_seconds_total": "Time that scans took.",
    "scan_errors_total": "Rounds that ended with an error of ours.",
    "trainings_total": "Times the shared model was trained.",
}


class Metrics:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, float] = dict.fromkeys(_HELP, 0)

    def add(self, name: str, value: float = 1) -> None:
        with self._lock:
            self._values[name] += value

    def get(self, name: str) -> float:
        with self._lock:
            return self._values[name]

    def families(self, gauges: Mapping[str, tuple[str, float]]) -> list[list[str]]:
        """The counters, and gauges (name: help, value) that are asked for at this moment."""
        with self._lock:
            counters = dict(self._values)
        return [
            *(family(f"gap_detector_{name}", _HELP[name], "counter", value) for name, value in counters.items()),
            *(family(f"gap_detector_{name}", about, "gauge", value) for name, (about, value) in gauges.items()),
        ]
