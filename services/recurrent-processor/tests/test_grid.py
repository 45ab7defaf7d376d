import unittest

import numpy as np

from recurrent_processor.base import make_profile, recent
from recurrent_processor.examples import make_examples
from recurrent_processor.grid import find_holes, make_grid, step_of, to_log, to_ms
from recurrent_processor.season import find_season
from tests import synthetic


class Grids(unittest.TestCase):
    def test_a_step_is_as_many_whole_minutes_as_lie_between_samples(self) -> None:
        self.assertEqual([step_of(ms) for ms in (1, 10_000, 60_000, 60_001, 300_000)], [60, 60, 60, 120, 300])

    def test_rows_find_their_place_in_any_order(self) -> None:
        grid = make_grid([(240, 2.0, 6), (60, 1.0, 6), (120, None, 6)], 60)
        self.assertEqual((grid.start, len(grid), grid.end, grid.measured), (60, 4, 300, 2))
        np.testing.assert_equal(grid.values, [1.0, np.nan, np.nan, 2.0])
        np.testing.assert_equal(grid.probed, [True, True, False, True])
        self.assertEqual(len(make_grid([], 60)), 0)

    def test_a_failed_probe_is_no_hole(self) -> None:
        grid = make_grid([(0, 1.0, 6), (60, None, 6), (240, 1.0, 6), (600, 1.0, 6)], 60)
        self.assertEqual(find_holes(grid, 10), [(2, 4), (5, 10)])
        self.assertEqual(find_holes(grid, 4), [(2, 4)], "what is longer is nothing to guess at")

    def test_the_logarithm_goes_back_to_milliseconds_and_stays_a_number(self) -> None:
        ms = np.array([0.0, 0.3, 12.0, 30_000.0])
        np.testing.assert_allclose(to_ms(to_log(ms)), ms, atol=1e-9)
        self.assertTrue(np.isfinite(to_ms(np.array([1e9, -1e9]))).all())


class Seasons(unittest.TestCase):
    def test_are_found_where_they_are(self) -> None:
        self.assertEqual(find_season(synthetic.grid_of(synthetic.daily(5, 0.3, 1)).values, 60, 60), 1440)
        self.assertEqual(find_season(synthetic.grid_of(synthetic.humps(3, 90, 0.2, 1)).values, 60, 60), 90)
        found = find_season(synthetic.grid_of(synthetic.humps(2, 25, 0.2, 1)).values, 60, 60)
        self.assertEqual((found or 1) % 25, 0, "a multiple that is at least an hour")

    def test_are_found_through_holes(self) -> None:
        values = synthetic.grid_of(synthetic.humps(3, 90, 0.2, 2)).values
        values[np.random.default_rng(3).random(len(values)) < 0.4] = np.nan
        values[1000:1300] = np.nan
        self.assertEqual(find_season(values, 60, 60), 90)

    def test_are_not_made_up(self) -> None:
        for ms in (synthetic.flat(3, 0.3, 1), synthetic.wandering(1, 4), np.full(3000, 5.0)):
            self.assertIsNone(find_season(synthetic.grid_of(ms).values, 60, 60))
        self.assertIsNone(find_season(np.full(3000, np.nan), 60, 60))


class ThePlainForecast(unittest.TestCase):
    def test_a_profile_knows_only_earlier_seasons(self) -> None:
        values = synthetic.grid_of(synthetic.humps(2, 90, 0.2, 5)).values
        changed = values.copy()
        changed[2000:] += 5
        before, after = make_profile(values, 90, 0.0, 60), make_profile(changed, 90, 0.0, 60)
        # The smoothing reaches two steps; a season earlier that is still the past of every origin.
        np.testing.assert_array_equal(before[: 2000 + 90 - 2], after[: 2000 + 90 - 2])

    def test_nothing_known_is_no_deviation(self) -> None:
        self.assertTrue((recent(np.full(60, np.nan), np.array([0, 5, 60])) == 0).all())

    def test_too_little_to_learn_from_is_said(self) -> None:
        self.assertIsNone(make_examples(synthetic.grid_of(synthetic.flat(1, 0.2, 1)[:149]), None))
        self.assertIsNotNone(make_examples(synthetic.grid_of(synthetic.flat(1, 0.2, 1)[:180]), None))

    def test_the_parts_of_a_series_do_not_overlap(self) -> None:
        found = make_examples(synthetic.grid_of(synthetic.flat(2, 0.2, 1)), None)
        assert found is not None
        self.assertLess(found.train[-1] + 60, found.stop[0] + 1)
        self.assertLess(found.stop[-1] + 60, found.judge[0] + 1)
