"""What a series teaches: pairs of a context and the hour after it, split by time so that no part knows the next."""

from dataclasses import dataclass

import numpy as np
import torch

from .base import Base, fit_base, make_profile
from .grid import Grid
from .network import FEATURES
from .season import find_season

CONTEXT = 48
# Steps that must have been measured before it is worth learning from.
LEAST_MEASURED = 150
_LEAST_ORIGINS = 24


@dataclass(frozen=True)
class Examples:
    grid: Grid
    base: Base
    profile: np.ndarray
    deviations: np.ndarray
    # Origins (the first step of the hour to be said) to learn from, to stop by, and to judge by.
    train: np.ndarray
    stop: np.ndarray
    judge: np.ndarray

    def contexts(self, origins: np.ndarray) -> torch.Tensor:
        places = origins[:, None] + np.arange(-CONTEXT, 0)
        inside = places >= 0
        seen = np.where(inside, self.deviations[np.maximum(places, 0)], np.nan)
        known = np.isfinite(seen)
        # Counted from the epoch: a model keeps its idea of the season while the grid under it moves on.
        turn = 2 * np.pi * (places + self.grid.start // self.grid.step) / (self.base.season or 86_400 // self.grid.step)
        features = np.empty((*places.shape, FEATURES), dtype=np.float32)
        features[..., 0] = np.clip(np.where(known, seen, 0.0) / self.base.scale, -6, 6)
        features[..., 1] = known
        features[..., 2] = np.sin(turn)
        features[..., 3] = np.cos(turn)
        return torch.from_numpy(features)

    def plain(self, origins: np.ndarray) -> np.ndarray:
        return self.base.forecast(self.profile, self.deviations, origins)

    def wanted(self, origins: np.ndarray) -> np.ndarray:
        """What was measured in the hour after each origin."""
        places = origins[:, None] + np.arange(self.grid.horizon)
        return np.where(places < len(self.grid), self.grid.values[np.minimum(places, len(self.grid) - 1)], np.nan)

    def lessons(self, origins: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Contexts, and by how much the plain forecast was off afterwards."""
        off = (self.wanted(origins) - self.plain(origins)) / self.base.scale
        return self.contexts(origins), torch.from_numpy(off.astype(np.float32))


def make_examples(grid: Grid, base: Base | None) -> Examples | None:
    """With the base that a model was trained on, or with a new one; None while too little was measured."""
    values, horizon = grid.values, grid.horizon
    if grid.measured < LEAST_MEASURED:
        return None
    season = base.season if base is not None else find_season(values, grid.step, horizon)
    level = base.level if base is not None else float(np.nanmedian(values))
    origins = _origins(grid, max(CONTEXT, season or 0))
    if len(origins) < _LEAST_ORIGINS:
        return None
    train, stop, judge = _split(origins, horizon)
    profile = make_profile(values, season, level, horizon)
    fitted = base if base is not None else fit_base(values, profile, season, level, train, horizon)
    return Examples(grid, fitted, profile, values - profile[: len(values)], train, stop, judge)


def _origins(grid: Grid, first: int) -> np.ndarray:
    """Those with at least half of the hour after them measured. Before the second season there is nothing to compare with."""
    origins = np.arange(first, len(grid) - grid.horizon + 1)
    known = np.concatenate(([0], np.cumsum(np.isfinite(grid.values))))
    return origins[known[origins + grid.horizon] - known[origins] >= max(1, grid.horizon // 2)]


def _split(origins: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three quarters to learn from and an eighth each to stop and to judge by, an hour apart where there is enough for that."""
    first, second = int(len(origins) * 0.75), int(len(origins) * 0.875)
    apart = horizon if len(origins) >= 12 * horizon else 0
    return origins[: first - apart], origins[first : second - apart], origins[second:]
