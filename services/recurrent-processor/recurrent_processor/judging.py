"""How good a model is, on the newest part of its series, which it neither learned from nor stopped by."""

from dataclasses import dataclass

import numpy as np

from .examples import Examples
from .grid import to_ms

# Nine of ten values are to lie within the range.
COVERAGE = 0.9
_GROUPS = 6


@dataclass(frozen=True)
class Judgement:
    # Mean absolute errors in ms.
    error: float
    last_value_error: float
    seasonal_error: float | None
    # How far from the forecast the range reaches, in the logarithm, for each step of the horizon.
    reach: list[float]

    @property
    def baseline_error(self) -> float:
        """The better of the two naive forecasts: the one that is hard to beat."""
        return self.last_value_error if self.seasonal_error is None else min(self.last_value_error, self.seasonal_error)


def judge(examples: Examples, said: np.ndarray) -> Judgement:
    origins, wanted = examples.judge, examples.wanted(examples.judge)
    season = examples.base.season
    return Judgement(
        error=mean_error(to_ms(said), to_ms(wanted)),
        last_value_error=mean_error(to_ms(last_values(examples, origins)), to_ms(wanted)),
        seasonal_error=None if season is None else mean_error(to_ms(season_before(examples, origins, season)), to_ms(wanted)),
        reach=_reach(np.abs(wanted - said)),
    )


def mean_error(said: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.nanmean(np.abs(said - wanted)))


def last_values(examples: Examples, origins: np.ndarray) -> np.ndarray:
    """The naive forecast: it stays as it is."""
    values = examples.grid.values
    newest = np.maximum.accumulate(np.where(np.isfinite(values), np.arange(len(values)), 0))
    return np.repeat(values[newest[origins - 1]][:, None], examples.grid.horizon, axis=1)


def season_before(examples: Examples, origins: np.ndarray, season: int) -> np.ndarray:
    """The other naive forecast: as it was one season ago."""
    return examples.grid.values[origins[:, None] + np.arange(examples.grid.horizon) - season]


def _reach(errors: np.ndarray) -> list[float]:
    """The error that nine of ten stay below, in a few groups of steps; never less far ahead than near."""
    reach: list[float] = []
    for group in np.array_split(errors, min(_GROUPS, errors.shape[1]), axis=1):
        known = group[np.isfinite(group)]
        if len(known):
            # The share is a little more than asked for, since the errors are only a sample: that matters while they are few.
            far = float(np.quantile(known, min(1.0, COVERAGE * (1 + 1 / len(group)))))
        else:
            far = reach[-1] if reach else 1.0
        reach += [max(far, reach[-1] if reach else 0.0)] * group.shape[1]
    return reach
