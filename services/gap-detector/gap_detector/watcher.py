"""The thread that looks at what came in, notices what did not come in, learns, and forgets. A database that is away only delays it."""

import threading
import time
import traceback

from phoenix_service.database import DatabaseAway

from .config import Config
from .detect.latency import robust_scores
from .detect.model import train
from .detect.silence import DELIVERY_MS, SILENT_PERIODS
from .metrics import Metrics
from .scanner import SCAN_SECONDS, Scanner
from .store.database import Database
from .store.readings import read_readings
from .store.retention import tend_partitions
from .store.series import SeriesFact, list_series
from .times import now_ms, to_iso
from .unseen import Unseen

# No tick takes longer than a scan may, so a thread that is silent for this long hangs.
STUCK_SECONDS = 3 * SCAN_SECONDS
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_LOOK_BACK_MS = 24 * _HOUR_MS
_TRAIN_SECONDS = 2.0


class Watcher:
    def __init__(self, config: Config, database: Database, scanner: Scanner, unseen: Unseen, metrics: Metrics) -> None:
        self._config, self._database, self._scanner = config, database, scanner
        self._unseen, self._metrics = unseen, metrics
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self._beat = time.monotonic()
        self._started = False
        # Of each series, the last sample before the silence that was looked at.
        self._silent: dict[int, int] = {}
        self._last_training = self._last_tending = 0
        self.last_scan_ms: int | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def works(self) -> bool:
        return self._thread.is_alive() and time.monotonic() - self._beat < STUCK_SECONDS

    def _run(self) -> None:
        away = False
        pause = 0
        while not self._stop.wait(pause):
            pause = self._config.look_seconds
            self._beat = time.monotonic()
            try:
                self.tick(now_ms())
                if away:
                    print("The database answers again.", flush=True)
                away = False
            except DatabaseAway as error:
                if not away:
                    print(f"The database is away: {error}", flush=True)
                away = True
            except Exception:
                # A bug in one round is told and must not end all the others; a counter shows it, too.
                self._metrics.add("scan_errors_total")
                traceback.print_exc()

    def tick(self, now: int) -> None:
        series = {fact.id: fact for fact in list_series(self._database)}
        work = self._unseen.take()
        if not self._started:
            # What was acknowledged before a restart and not looked at any more.
            work = {number: now - _LOOK_BACK_MS for number in series}
        for fact in series.values():
            if fact.id not in work and self._fell_silent(fact, now):
                work[fact.id] = fact.last_ms or now
        while work:
            number, since = work.popitem()
            try:
                if number in series:
                    self._scan(series[number], since, now)
            except BaseException:
                # Nothing is lost: this one and the rest are looked at in the next round.
                self._unseen.add({number: since, **work})
                raise
        self._started = True
        self.last_scan_ms = now
        # The first lesson as soon as there is enough to learn from, then one an hour.
        if now - self._last_training >= (_MINUTE_MS if self._scanner.expectation is None else _HOUR_MS):
            self._last_training = now
            self._train(list(series.values()), now)
        if now - self._last_tending >= _HOUR_MS:
            self._tend(now)

    def _fell_silent(self, fact: SeriesFact, now: int) -> bool:
        """Once for every silence: when it is long enough to be a gap."""
        if fact.last_ms is None or now - fact.last_ms < SILENT_PERIODS * fact.period_ms + DELIVERY_MS:
            return False
        return self._silent.get(fact.id) != fact.last_ms

    def _scan(self, fact: SeriesFact, since: int, now: int) -> None:
        began = time.monotonic()
        result = self._scanner.scan(fact, since, now)
        if self._fell_silent(fact, now) and fact.last_ms is not None:
            self._silent[fact.id] = fact.last_ms
        self._metrics.add("scans_total")
        self._metrics.add("scanned_samples_total", result.samples)
        self._metrics.add("scan_seconds_total", time.monotonic() - began)
        for what, finding in result.news:
            when = to_iso(finding.started_ms if finding.ended_ms is None else finding.ended_ms)
            print(f"{finding.kind} of {fact.stack}/{fact.service} ({fact.probe}) {what} at {when}: {finding.because}.", flush=True)

    def _train(self, series: list[SeriesFact], now: int) -> None:
        scores = []
        for fact in series:
            with self._database.transaction(SCAN_SECONDS) as connection:
                readings = read_readings(connection, fact.id, now - _LOOK_BACK_MS)
            scores.append(robust_scores(readings.measured().latency))
        learnt = train(scores, _TRAIN_SECONDS, self._stop.is_set)
        if learnt is None:
            return
        self._scanner.expectation = learnt
        self._metrics.add("trainings_total")

    def _tend(self, now: int) -> None:
        days, rows = tend_partitions(self._database, now, self._config.keep_days, self._config.keep_sums_days)
        self._last_tending = now
        if days or rows:
            print(f"Forgot {days} days of samples and {rows} other rows.", flush=True)
