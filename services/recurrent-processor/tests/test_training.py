import io
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import torch

from recurrent_processor.checkpoints import Checkpoints
from recurrent_processor.examples import Examples, make_examples
from recurrent_processor.model import SeriesModel
from tests import synthetic


def a_day() -> Examples:
    found = make_examples(synthetic.grid_of(synthetic.humps(1, 90, 0.2, 3)), None)
    assert found is not None
    return found


class Training(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(1)
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.checkpoints = Checkpoints(self.folder)
        self.examples = a_day()

    def load(self, name: str = "a/b/http") -> tuple[SeriesModel | None, str]:
        said = io.StringIO()
        with redirect_stdout(said):
            found = self.checkpoints.load(3, name)
        return (None if found is None else found[0]), said.getvalue()

    def steps(self, model: SeriesModel, count: int) -> None:
        left = iter(range(count))
        model.train(self.examples, float("inf"), lambda: next(left, None) is not None)

    def test_in_slices_with_the_process_gone_in_between_gives_what_it_gives_in_one_go(self) -> None:
        torch.manual_seed(5)
        whole = SeriesModel(60)
        self.steps(whole, 40)
        torch.manual_seed(5)
        first = SeriesModel(60)
        self.steps(first, 20)
        self.checkpoints.save(3, "a/b/http", first, None)
        again, _ = self.load()
        assert again is not None
        self.assertEqual((again.round, again.base and again.base.season), (first.round, 90))
        self.assertEqual(again.round.steps, 20)
        self.steps(again, 20)
        self.assertEqual(again.round.steps, whole.round.steps)
        # A slice draws anew from its first step on, so the two saw other examples; they come equally far.
        self.assertAlmostEqual(again.round.best_loss, whole.round.best_loss, delta=0.1 * whole.round.best_loss)

    def test_a_slice_ends_when_its_time_is_over_or_when_it_is_told_to(self) -> None:
        model = SeriesModel(60)
        model.train(self.examples, 0.0, lambda: True)
        self.assertEqual(model.round.steps, 0)
        model.train(self.examples, float("inf"), lambda: False)
        self.assertEqual(model.round.steps, 0)

    def test_a_checkpoint_that_does_not_fit_is_trained_anew_and_said(self) -> None:
        self.assertEqual(self.load(), (None, ""))
        self.checkpoints.save(3, "a/b/http", SeriesModel(60), 12.0)
        self.assertIsNotNone(self.load()[0])
        self.assertRegex(self.load("other/b/http")[1], "of another series")
        good = (self.folder / "series-3.pt").read_bytes()
        for damaged in (b"", good[: len(good) // 2], b"\x80\x04cos\nsystem\n(S'true'\ntR.", bytes(1000)):
            (self.folder / "series-3.pt").write_bytes(damaged)
            model, said = self.load()
            self.assertIsNone(model)
            self.assertIn("training anew", said)

    def test_a_checkpoint_is_there_whole_or_not_at_all(self) -> None:
        self.checkpoints.save(3, "a/b/http", SeriesModel(60), 12.0)
        self.checkpoints.save(3, "a/b/http", SeriesModel(60), 13.0)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["series-3.pt"])

    def test_what_belongs_to_no_series_is_removed_and_nothing_else(self) -> None:
        for name in ("series-3.pt", "series-4.pt", "series-4.new", "series-x.pt", "notes.txt"):
            (self.folder / name).touch()
        self.checkpoints.keep_only({3})
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["notes.txt", "series-3.pt"])


class Trained(unittest.TestCase):
    """One that was trained to its end."""

    @classmethod
    def setUpClass(cls) -> None:
        torch.manual_seed(1)
        cls.examples, cls.model = a_day(), SeriesModel(60)
        cls.model.train(cls.examples, float("inf"), lambda: True)

    def test_it_is_never_worse_than_saying_nothing_on_what_it_stops_by(self) -> None:
        self.assertTrue(self.model.round.done)
        wanted = torch.from_numpy(((self.examples.wanted(self.examples.stop) - self.examples.plain(self.examples.stop)) / self.examples.base.scale).astype(np.float32))
        silent = float(torch.nn.functional.huber_loss(torch.zeros_like(wanted), wanted, delta=0.3))
        self.assertLessEqual(self.model.round.best_loss, silent + 1e-6)

    def test_a_forecast_is_a_number_with_a_range_around_it(self) -> None:
        said = self.model.forecast(self.examples)
        self.assertEqual(said.shape, (60, 3))
        self.assertTrue((np.isfinite(said) & (said >= 0)).all())
        self.assertTrue(((said[:, 1] <= said[:, 0]) & (said[:, 0] <= said[:, 2])).all())
