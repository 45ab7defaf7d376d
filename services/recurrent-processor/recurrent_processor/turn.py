"""One series' turn: at most one slice of training, then forecast and fills when they are due."""

from dataclasses import dataclass

from phoenix_service.database import Database

from .checkpoints import Checkpoints
from .examples import LEAST_MEASURED, Examples, make_examples
from .fill import fill_holes
from .grid import Grid
from .model import SeriesModel
from .progress import Progress
from .store import Series, read_grid, write_fills, write_forecast, write_model

RETRAIN_SECONDS = 3600.0
FORECAST_SECONDS = 300.0


@dataclass
class Kept:
    """What stays in memory of a series between its turns."""

    model: SeriesModel
    trained_at: float | None
    # When it was looked at last, and the newest sample then: nothing new, nothing to do.
    looked_at: float = 0.0
    newest: float | None = None
    fills: list[tuple[int, float]] | None = None

    @property
    def is_training(self) -> bool:
        return not self.model.round.done and self.model.round.steps > 0

    def is_due(self, newest: float | None, now: float) -> bool:
        return self.is_training or (newest is not None and newest != self.newest and now - self.looked_at >= FORECAST_SECONDS)


class Turn:
    def __init__(self, database: Database, checkpoints: Checkpoints, progress: Progress, slice_seconds: float) -> None:
        self._database = database
        self._checkpoints = checkpoints
        self._progress = progress
        self._slice = slice_seconds

    def open(self, series: Series) -> Kept:
        """From its checkpoint, so that a restart loses at most the slice it interrupted."""
        found = self._checkpoints.load(series.id, series.name)
        if found is not None and found[0].horizon == max(1, 3600 // series.step):
            return Kept(*found)
        return Kept(SeriesModel(max(1, 3600 // series.step)), None)

    def take(self, series: Series, kept: Kept, now: float, demanded: bool, go_on) -> None:
        with self._database.transaction() as connection:
            grid = read_grid(connection, series, now)
        model = kept.model
        if not kept.is_training and self._wants_round(kept, now, demanded):
            model.begin_round()
        examples = make_examples(grid, model.base)
        if examples is None:
            kept.looked_at, kept.newest = now, series.newest
            self._progress.update(series.id, series.name, state="waiting for data", measured=grid.measured, needed=LEAST_MEASURED)
            return
        if not model.round.done:
            self._train(series, kept, examples, now, go_on)
        if model.judgement is not None and not kept.is_training:
            self._say(series, kept, examples, grid, now)
            kept.looked_at, kept.newest = now, series.newest

    def _wants_round(self, kept: Kept, now: float, demanded: bool) -> bool:
        return kept.trained_at is None or demanded or now - kept.trained_at >= RETRAIN_SECONDS

    def _train(self, series: Series, kept: Kept, examples: Examples, now: float, go_on) -> None:
        model = kept.model
        self._progress.say(f"training {series.name}")
        model.train(examples, self._slice, go_on)
        if model.round.done:
            kept.trained_at = now
        self._checkpoints.save(series.id, series.name, model, kept.trained_at)
        self._progress.update(
            series.id, series.name, state="trained" if model.round.done else "training", steps=model.round.steps, loss=model.round.best_loss,
            measured=examples.grid.measured, needed=LEAST_MEASURED,
        )
        if model.round.done and model.judgement is not None:
            with self._database.transaction() as connection:
                write_model(connection, series, examples.grid, now, model.round.best_loss, model.judgement)
            judged = model.judgement
            print(
                f"Trained {series.name}: {model.round.steps} steps, error {judged.error:.3f} ms where the better naive forecast has {judged.baseline_error:.3f} ms.",
                flush=True,
            )

    def _say(self, series: Series, kept: Kept, examples: Examples, grid: Grid, now: float) -> None:
        said = kept.model.forecast(examples)
        fills = fill_holes(kept.model, examples)
        with self._database.transaction() as connection:
            write_forecast(connection, series, grid.end, now, said)
            if fills != kept.fills:
                write_fills(connection, series, grid, fills)
        kept.fills = fills
        judged = kept.model.judgement
        assert judged is not None
        self._progress.update(
            series.id, series.name, state="trained", trained_at=kept.trained_at, forecast_at=now, steps=kept.model.round.steps,
            measured=grid.measured, needed=LEAST_MEASURED, model_error=judged.error, baseline_error=judged.baseline_error,
        )
