"""A series on a regular grid: one value a step, in the logarithm, with holes where nothing was measured."""

from dataclasses import dataclass

import numpy as np

HOUR_SECONDS = 3600
# Latencies of local services lie around a millisecond; this keeps zero finite without bending what people look at.
_OFFSET_MS = 0.05


@dataclass(frozen=True)
class Grid:
    # Seconds since the epoch of the first step, and of each.
    start: int
    step: int
    # Logarithm of the typical latency; nan where no probe succeeded.
    values: np.ndarray
    # Whether any probe was made: a service that failed was measured, and is no hole to fill.
    probed: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    @property
    def horizon(self) -> int:
        """How many steps the next hour has."""
        return max(1, HOUR_SECONDS // self.step)

    @property
    def measured(self) -> int:
        return int(np.isfinite(self.values).sum())

    @property
    def end(self) -> int:
        return self.start + len(self) * self.step


def step_of(period_ms: int) -> int:
    """A minute, or as many whole minutes as lie between two samples."""
    return 60 * max(1, -(-period_ms // 60_000))


def make_grid(rows: list[tuple[int, float | None, int]], step: int) -> Grid:
    """From rows of (seconds, mean logarithm or None, samples), one a step at most, in any order."""
    if not rows:
        return Grid(0, step, np.empty(0), np.empty(0, dtype=bool))
    seconds = np.array([row[0] for row in rows], dtype=np.int64)
    start = int(seconds.min())
    length = int(seconds.max() - start) // step + 1
    values = np.full(length, np.nan)
    probed = np.zeros(length, dtype=bool)
    places = (seconds - start) // step
    values[places] = [np.nan if row[1] is None else row[1] for row in rows]
    probed[places] = [row[2] > 0 for row in rows]
    return Grid(start, step, values, probed)


def find_holes(grid: Grid, longest: int) -> list[tuple[int, int]]:
    """Stretches without any probe, from their first step to the one after their last. Longer ones are nothing to guess at."""
    edges = np.flatnonzero(np.diff(np.concatenate(([1], grid.probed.astype(np.int8), [1]))))
    pairs = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return [(a, b) for a, b in pairs if b - a <= longest]


def to_log(ms: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(ms, 0) + _OFFSET_MS)


def to_ms(values: np.ndarray) -> np.ndarray:
    # Nothing that a probe measures is beyond e^20 ms; a forecast that runs away must stay a number.
    return np.maximum(np.exp(np.clip(values, -10, 20)) - _OFFSET_MS, 0)


LOG_SQL = f"ln(latency_ms + {_OFFSET_MS})"
