"""The plain forecast that the network improves on: how the series was at this time of its season, and how far off it is just now."""

from dataclasses import dataclass

import numpy as np

# How far back "just now" reaches, in steps.
_RECENT = (3, 15, 48)
_RIDGE = 1.0
_SMOOTH = 2
_SEASONS = 7


@dataclass(frozen=True)
class Base:
    season: int | None
    level: float
    # How much of each recent deviation is still there after each step of the horizon.
    weights: np.ndarray
    # How much the series usually deviates: the network works in this unit.
    scale: float

    def forecast(self, profile: np.ndarray, deviations: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """One row an origin, one column a step of the horizon."""
        horizon = self.weights.shape[1]
        return profile[origins[:, None] + np.arange(horizon)] + recent(deviations, origins) @ self.weights


def make_profile(values: np.ndarray, season: int | None, level: float, ahead: int) -> np.ndarray:
    """What the season says of each step and of `ahead` more, from earlier seasons alone. Without a season: the level."""
    length = len(values) + ahead
    if season is None:
        return np.full(length, level)
    smooth = _smoothed(values)
    total, count = np.zeros(length), np.zeros(length)
    for back in range(season, min(_SEASONS * season, len(values)) + 1, season):
        # The newest values of a smoothed series look at what comes after them; a season of the horizon's length or more hides that.
        past = np.full(length, np.nan)
        stop = min(length, len(values) + back)
        past[back:stop] = smooth[: stop - back]
        known = np.isfinite(past)
        total[known] += past[known]
        count += known
    return np.where(count > 0, total / np.maximum(count, 1), level)


def fit_base(values: np.ndarray, profile: np.ndarray, season: int | None, level: float, origins: np.ndarray, horizon: int) -> Base:
    """Least squares, held back a little: few origins must not make bold weights."""
    deviations = values - profile[: len(values)]
    known = recent(deviations, origins)
    wanted = deviations[origins[:, None] + np.arange(horizon)]
    weights = np.zeros((known.shape[1], horizon))
    for step in range(horizon):
        rows = np.isfinite(wanted[:, step])
        x, y = known[rows], wanted[rows, step]
        scale = _RIDGE * max(float(np.mean(x**2)) if len(x) else 0.0, 1e-9)
        weights[:, step] = np.linalg.solve(x.T @ x + scale * np.eye(x.shape[1]), x.T @ y)
    spread = deviations[np.isfinite(deviations)]
    scale = max(float(np.percentile(np.abs(spread - np.median(spread)), 68)), 1e-3)
    return Base(season, level, weights, scale)


def recent(deviations: np.ndarray, origins: np.ndarray) -> np.ndarray:
    """Mean deviation of the last steps before each origin; nothing known is no deviation."""
    known = np.isfinite(deviations)
    total = np.concatenate(([0.0], np.cumsum(np.where(known, deviations, 0.0))))
    count = np.concatenate(([0], np.cumsum(known)))
    columns = []
    for span in _RECENT:
        before = np.maximum(origins - span, 0)
        columns.append((total[origins] - total[before]) / np.maximum(count[origins] - count[before], 1))
    return np.stack(columns, axis=1)


def _smoothed(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    kernel = np.ones(2 * _SMOOTH + 1)
    total = np.convolve(np.where(known, values, 0.0), kernel, mode="same")
    count = np.convolve(known.astype(float), kernel, mode="same")
    return np.where(count > 0.5, total / np.maximum(count, 1.0), np.nan)
