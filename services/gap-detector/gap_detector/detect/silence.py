"""Where samples should be and are not. Everything else rests on it: a stretch that nobody saw is neither up nor down."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Probes are spread over their period and take their time, so one that is missing shows as 2 ± 0.5 periods: only more is silence.
SILENT_PERIODS = 2.5
# Samples come in batches. The last one may be this late before its absence means anything.
DELIVERY_MS = 30_000
_NEIGHBOURS = 7
_LEAST_NEIGHBOURS = 3


@dataclass(frozen=True)
class Silence:
    """`after` marks the readings that silence follows; `expected` is the period that was in force there, for every reading."""

    after: NDArray[np.bool_]
    expected: NDArray[np.int64]
    open_ended: bool


def find_silence(at: NDArray[np.int64], period_ms: int, now_ms: int) -> Silence:
    count = len(at)
    expected = np.full(count, period_ms, dtype=np.int64)
    after = np.zeros(count, dtype=np.bool_)
    if count == 0:
        return Silence(after, expected, False)
    steps = np.diff(at)
    long = np.flatnonzero(steps >= SILENT_PERIODS * period_ms)
    if len(long) > 0:
        # The policy may have had another period at that time. Then the neighbours are as far apart, and nothing is missing.
        expected[long] = np.maximum(period_ms, _usual(steps, long))
        after[long] = steps[long] >= SILENT_PERIODS * expected[long]
    open_ended = bool(now_ms - at[-1] >= SILENT_PERIODS * period_ms + DELIVERY_MS)
    after[-1] = open_ended
    return Silence(after, expected, open_ended)


def _usual(steps: NDArray[np.int64], places: NDArray[np.intp]) -> NDArray[np.int64]:
    """The usual step just before or just after each place, whichever is longer; zero where too few are known."""
    before = _median(steps, places[:, None] - np.arange(1, _NEIGHBOURS + 1))
    after = _median(steps, places[:, None] + np.arange(1, _NEIGHBOURS + 1))
    return np.maximum(before, after)


def _median(steps: NDArray[np.int64], wanted: NDArray[np.intp]) -> NDArray[np.int64]:
    """The lower median of each row of places; those outside do not count."""
    inside = (wanted >= 0) & (wanted < len(steps))
    values = np.where(inside, steps[np.clip(wanted, 0, len(steps) - 1)], np.iinfo(np.int64).max)
    values.sort(axis=1)
    known = inside.sum(axis=1)
    middle = values[np.arange(len(wanted)), np.maximum(known - 1, 0) // 2]
    return np.where(known >= _LEAST_NEIGHBOURS, middle, 0)
