"""Series as they come from probes, with outages, gaps and slow answers put in where the test knows them."""

from dataclasses import dataclass

import numpy as np

from gap_detector.detect.readings import ERROR, FAILURE, SUCCESS, Readings

START_MS = 1_790_000_000_000


@dataclass(frozen=True)
class Truth:
    kind: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Series:
    readings: Readings
    truths: list[Truth]
    slow_at: np.ndarray
    now_ms: int


def make(count: int, period_ms: int, seed: int, disturbances: int = 0, slow: int = 0, noise: float = 0.0005) -> Series:
    """Probes with jitter, a daily and a half-hourly rhythm, skewed noise, single failures and probes that could not be run."""
    random = np.random.default_rng(seed)
    due = START_MS + np.arange(count, dtype=np.int64) * period_ms
    at = due + random.integers(0, max(1, period_ms // 5), count)
    outcome = np.where(random.random(count) < noise, FAILURE, SUCCESS).astype(np.int8)
    outcome[random.random(count) < noise] = ERROR
    rhythm = 1 + 0.4 * np.sin(2 * np.pi * due / 86_400_000) + 0.2 * np.sin(2 * np.pi * due / 1_800_000)
    latency = (2 * rhythm * random.lognormal(0, 0.2, count)).astype(np.float32)
    slow_places = np.sort(random.choice(np.arange(300, count - 1), slow, replace=False)) if slow else np.array([], dtype=np.int64)
    latency[slow_places] *= random.uniform(6, 20, slow).astype(np.float32)
    kept = np.ones(count, dtype=np.bool_)
    truths = []
    # One in each stretch of its own, so that they do not touch.
    room = count // disturbances if disturbances else 0
    for number in range(disturbances):
        length = int(random.integers(3, min(360, room // 3)))
        first = number * room + room // 3 + int(random.integers(0, room // 3))
        kind = "outage" if number % 2 == 0 else "gap"
        # The service stops and comes back at any moment between two probes.
        truths.append(Truth(kind, int(due[first] - random.integers(0, period_ms // 2)), int(due[first + length])))
        if kind == "outage":
            outcome[first : first + length] = FAILURE
        else:
            kept[first : first + length] = False
    latency[outcome != SUCCESS] = np.nan
    slow_at = at[slow_places[(outcome[slow_places] == SUCCESS) & kept[slow_places]]]
    return Series(Readings(at[kept], outcome[kept], latency[kept]), truths, slow_at, int(at[-1]) + 1)
