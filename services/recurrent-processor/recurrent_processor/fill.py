"""Values for the steps in which nobody measured."""

import numpy as np

from .examples import CONTEXT, Examples
from .grid import find_holes, to_ms
from .model import SeriesModel

# Beyond a day nobody can tell what was.
LONGEST_SECONDS = 86_400
_EDGE = 5


def fill_holes(model: SeriesModel, examples: Examples) -> list[tuple[int, float]]:
    """(seconds, ms) for each step of each hole."""
    grid = examples.grid
    found: list[tuple[int, float]] = []
    for first, after in find_holes(grid, LONGEST_SECONDS // grid.step):
        if first >= CONTEXT:
            values = to_ms(fill_hole(model, examples, first, after))
            found += [(grid.start + (first + i) * grid.step, float(v)) for i, v in enumerate(values)]
    return found


def fill_hole(model: SeriesModel, examples: Examples, first: int, after: int) -> np.ndarray:
    """From the left the model's forecast, from the right the season at the level where the series came back, one passing into the other."""
    length = after - first
    profile = examples.profile[first:after]
    said = model.say(examples, np.array([first]))[0][:length]
    from_left = np.concatenate([said, profile[len(said) :]])
    back = examples.deviations[after : after + _EDGE]
    level = float(np.mean(back[np.isfinite(back)])) if np.isfinite(back).any() else 0.0
    passed = (np.arange(length) + 1) / (length + 1)
    return (1 - passed) * from_left + passed * (profile + level)
