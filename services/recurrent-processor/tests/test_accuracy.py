"""What it is about: on hours that it never saw, how far off is it, and how far are the naive forecasts?"""

import sys
import unittest
from typing import NamedTuple

import numpy as np
import torch

from recurrent_processor.examples import Examples, make_examples
from recurrent_processor.fill import fill_hole
from recurrent_processor.grid import to_ms
from recurrent_processor.judging import last_values, mean_error, season_before
from recurrent_processor.model import SeriesModel
from tests import synthetic

HORIZON = 60
UNSEEN = 720


class Measured(NamedTuple):
    model: float
    plain: float
    last: float
    seasonal: float
    covered: float


def trained(ms: np.ndarray) -> tuple[SeriesModel, Examples]:
    torch.manual_seed(7)
    torch.set_num_threads(1)
    examples = make_examples(synthetic.grid_of(ms), None)
    assert examples is not None
    model = SeriesModel(HORIZON)
    # Without a limit of time: the result must not depend on how busy the machine is.
    model.train(examples, float("inf"), lambda: True)
    assert model.round.done
    return model, examples


def measure(name: str, ms: np.ndarray) -> Measured:
    """Trains on all but the last twelve hours and forecasts from a new origin every seven minutes of those."""
    model, _ = trained(ms[:-UNSEEN])
    whole = make_examples(synthetic.grid_of(ms), model.base)
    assert whole is not None and model.judgement is not None
    origins = np.arange(len(ms) - UNSEEN, len(ms) - HORIZON + 1, 7)
    said, wanted = model.say(whole, origins), whole.wanted(origins)
    came = to_ms(wanted)
    season = whole.base.season
    found = Measured(
        model=mean_error(to_ms(said), came),
        plain=mean_error(to_ms(whole.plain(origins)), came),
        last=mean_error(to_ms(last_values(whole, origins)), came),
        seasonal=float("nan") if season is None else mean_error(to_ms(season_before(whole, origins, season)), came),
        covered=float(np.mean(np.abs(wanted - said) <= np.array(model.judgement.reach))),
    )
    print(
        f"{name}: season {season}, {model.round.steps} steps, error {found.model:.3f} ms, last value {found.last:.3f} ({found.model / found.last - 1:+.0%}), "
        f"seasonal-naive {found.seasonal:.3f}, without the network {found.plain:.3f}, range holds {found.covered:.0%}",
        file=sys.stderr,
    )
    return found


class SeasonalSeries(unittest.TestCase):
    def test_a_fifth_less_error_than_the_last_value_and_no_more_than_seasonal_naive(self) -> None:
        for name, ms in (
            ("daily", synthetic.daily(6, 0.15, 3)),
            ("daily, noisy", synthetic.daily(8, 0.35, 4)),
            ("every 90 minutes", synthetic.humps(3, 90, 0.15, 5)),
            ("every 20 minutes", synthetic.humps(2, 20, 0.15, 8)),
            ("a job every 6 hours", synthetic.steps(4, 360, 0.2, 6)),
        ):
            with self.subTest(name):
                found = measure(name, ms)
                self.assertLessEqual(found.model, 0.8 * found.last)
                self.assertLessEqual(found.model, found.seasonal)
                # 90 % are promised; the rest is what a sample of half a day may differ.
                self.assertGreaterEqual(found.covered, 0.8)


class OtherSeries(unittest.TestCase):
    def test_without_a_season_it_does_no_harm(self) -> None:
        flat = measure("flat", synthetic.flat(2, 0.2, 2))
        self.assertLessEqual(flat.model, 0.8 * flat.last)
        walk = measure("wandering", synthetic.wandering(3, 1))
        self.assertLessEqual(walk.model, 1.15 * walk.last, "the last value is the best that can be said")

    def test_the_network_learns_what_no_season_says(self) -> None:
        found = measure("filling up", synthetic.filling(4, 9))
        self.assertLessEqual(found.model, 0.6 * found.plain)
        self.assertLessEqual(found.model, 0.6 * found.last)


class Holes(unittest.TestCase):
    def test_are_filled_better_than_by_the_last_value_or_by_a_line_across(self) -> None:
        for name, ms, length in (("every 90 minutes", synthetic.humps(3, 90, 0.15, 11), 75), ("daily", synthetic.daily(6, 0.15, 12), 300)):
            first = len(ms) - 1000
            after = first + length
            torch.manual_seed(7)
            examples = make_examples(synthetic.grid_of(ms, slice(first, after)), None)
            assert examples is not None
            model = SeriesModel(HORIZON)
            model.train(examples, float("inf"), lambda: True)
            filled = to_ms(fill_hole(model, examples, first, after))
            error = mean_error(filled, ms[first:after])
            last = mean_error(np.full(length, ms[first - 1]), ms[first:after])
            line = mean_error(np.linspace(ms[first - 1], ms[after], length + 2)[1:-1], ms[first:after])
            print(f"hole of {length} minutes, {name}: error {error:.3f} ms, last value {last:.3f}, line across {line:.3f}", file=sys.stderr)
            with self.subTest(name):
                self.assertLess(error, 0.8 * last)
                self.assertLess(error, 0.8 * line)
