"""The background worker: gives every series its turn, and sleeps when no turn is due."""

import time
from threading import Condition, Thread

from phoenix_service.database import Database, DatabaseAway

from .checkpoints import Checkpoints
from .config import Config
from .progress import Progress
from .store import Series, read_series
from .turn import Kept, Turn

# While something is in the way.
_TROUBLED_SECONDS = 5.0


class Worker:
    def __init__(self, database: Database, checkpoints: Checkpoints, progress: Progress, config: Config) -> None:
        self._database = database
        self._checkpoints = checkpoints
        self._progress = progress
        self._turn = Turn(database, checkpoints, progress, config.slice_seconds)
        self._look_seconds = config.look_seconds
        self._kept: dict[int, Kept] = {}
        self._demanded: set[int] = set()
        self._changed = Condition()
        self._stopping = False
        self._thread = Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """The slice under way ends at its next step and is saved."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def demand(self, wanted: list[int] | None, wait_seconds: float) -> tuple[list[int], list[int]]:
        """Trains these series now, or all: (finished, still going on) when they are done or the time is over.

        Raises KeyError with the numbers that are no series, and DatabaseAway.
        """
        with self._database.transaction() as connection:
            known = {series.id for series in read_series(connection)}
        if unknown := sorted(set(wanted or ()) - known):
            raise KeyError(unknown)
        chosen = known if wanted is None else set(wanted)
        with self._changed:
            self._demanded |= chosen
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._stopping or not (self._demanded & chosen), wait_seconds)
            left = self._demanded & chosen
        return sorted(chosen - left), sorted(left)

    def _run(self) -> None:
        while not self._stopping:
            busy = False
            try:
                busy = self.look()
                self._progress.trouble = None
            except DatabaseAway as error:
                self._complain("The database does not answer", error)
            except OSError as error:
                self._complain("A checkpoint cannot be written", error)
            if not busy:
                self._progress.say("waiting for better times" if self._progress.trouble else "idle")
                with self._changed:
                    # While something is in the way, a demand must not become a busy loop.
                    self._changed.wait_for(lambda: self._stopping or (bool(self._demanded) and not self._progress.trouble), self._pause())

    def _complain(self, trouble: str, error: Exception) -> None:
        """One line of the log for each time it begins."""
        if self._progress.trouble != trouble:
            print(f"{trouble}: {error}", flush=True)
        self._progress.trouble = trouble

    def _pause(self) -> float:
        return min(self._look_seconds, _TROUBLED_SECONDS) if self._progress.trouble else self._look_seconds

    def look(self) -> bool:
        """Gives a turn to every series for which one is due. True while some training is not finished."""
        with self._database.transaction() as connection:
            found = read_series(connection)
        self._forget_others({series.id for series in found})
        for series in found:
            if self._stopping:
                return False
            self._progress.say()
            self._give_turn(series)
        self._progress.count_turn()
        return any(kept.is_training for kept in self._kept.values())

    def _give_turn(self, series: Series) -> None:
        kept = self._kept.get(series.id)
        if kept is None:
            kept = self._kept[series.id] = self._turn.open(series)
            self._progress.update(series.id, series.name)
        demanded = series.id in self._demanded
        if not demanded and not kept.is_due(series.newest, time.time()):
            return
        self._turn.take(series, kept, time.time(), demanded, self._go_on)
        if not kept.is_training:
            with self._changed:
                self._demanded.discard(series.id)
                self._changed.notify_all()

    def _forget_others(self, known: set[int]) -> None:
        self._checkpoints.keep_only(known)
        self._progress.keep_only(known)
        for gone in self._kept.keys() - known:
            del self._kept[gone]
        with self._changed:
            self._demanded &= known

    def _go_on(self) -> bool:
        self._progress.say()
        return not self._stopping
