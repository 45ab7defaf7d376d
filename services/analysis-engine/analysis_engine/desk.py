"""Makes reports, a few at a time, and gives the same one again for some seconds: a crowd of readers costs one question to the database."""

import time
from collections.abc import Callable
from datetime import datetime
from threading import BoundedSemaphore, Lock

from phoenix_service.database import DatabaseAway

from .database import ReadDatabase
from .facts import read_facts
from .marks import KINDS
from .report import Report, build_report
from .windows import Window

_FRESH_SECONDS = 5.0
_KEPT = 16
_AT_ONCE = 2
_WAIT_SECONDS = 6.0


class TooBusy(Exception):
    """Other reports are being made and did not get done in time."""


class Desk:
    def __init__(self, database: ReadDatabase, clock: Callable[[], datetime]) -> None:
        self._database = database
        self.now = clock
        self._places = BoundedSemaphore(_AT_ONCE)
        self._lock = Lock()
        self._kept: dict[tuple[str, float], tuple[float, Report]] = {}
        self.made = 0
        self.failed = 0
        self.last_seconds: float | None = None

    def report(self, key: str, choose: Callable[[datetime], Window], target: float, fresh: bool = False) -> Report:
        """`key` names what `choose` chooses; `fresh` asks the database whatever is kept."""
        if not fresh and (kept := self._find(key, target)) is not None:
            return kept
        if not self._places.acquire(timeout=_WAIT_SECONDS):
            raise TooBusy("Other reports are being made. Try again in a few seconds.")
        try:
            # Whoever waited here may find that the one before made just this report.
            kept = None if fresh else self._find(key, target)
            return kept if kept is not None else self._make(key, choose, target)
        finally:
            self._places.release()

    def _find(self, key: str, target: float) -> Report | None:
        with self._lock:
            made_at, report = self._kept.get((key, target), (0.0, None))
            return report if report is not None and time.monotonic() - made_at < _FRESH_SECONDS else None

    def _make(self, key: str, choose: Callable[[datetime], Window], target: float) -> Report:
        window = choose(self.now())
        started = time.monotonic()
        try:
            with self._database.transaction() as connection:
                facts = read_facts(connection, window, KINDS)
        except DatabaseAway:
            with self._lock:
                self.failed += 1
            raise
        report = build_report(facts, window, target)
        done = time.monotonic()
        with self._lock:
            self.made += 1
            self.last_seconds = done - started
            self._kept.pop((key, target), None)
            self._kept[(key, target)] = (done, report)
            while len(self._kept) > _KEPT:
                self._kept.pop(next(iter(self._kept)))
        return report
