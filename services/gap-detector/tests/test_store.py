"""What stands in the database afterwards, against the real schema and as the service's own role."""

import unittest

import numpy as np

from phoenix_testing.database import shared_server

from gap_detector.batch import DAY_MS, Event, Sample
from gap_detector.detect.readings import ERROR, FAILURE, SUCCESS
from gap_detector.scanner import Scanner
from gap_detector.store.database import Database
from gap_detector.store.events import write_events
from gap_detector.store.found import list_anomalies, list_gaps
from gap_detector.store.readings import read_readings
from gap_detector.store.retention import tend_partitions
from gap_detector.store.samples import SampleWriter
from gap_detector.store.series import list_series
from gap_detector.times import now_ms

from .given import ROLE, config

PERIOD_MS = 10_000


class Store(unittest.TestCase):
    def setUp(self) -> None:
        self.server = shared_server()
        self.server.empty()
        self.database = Database(config(self.server))
        self.addCleanup(self.database.close)
        self.writer = SampleWriter(self.database)
        self.scanner = Scanner(self.database)
        self.now = now_ms() // PERIOD_MS * PERIOD_MS

    def write(self, text: str, ends_ms: int, latency: float = 2.0) -> None:
        """One character a period, the last of them at `ends_ms`: + success, - failure, ? could not be run, blank nothing."""
        outcomes = {"+": "success", "-": "failure", "?": "error"}
        start = ends_ms - (len(text) - 1) * PERIOD_MS
        self.writer.write(
            [
                Sample.model_construct(
                    stack="s", service="web.service", probe="http", at=start + place * PERIOD_MS, outcome=outcomes[character],
                    latency_ms=latency if character == "+" else None, period_ms=PERIOD_MS,
                )  # fmt: skip
                for place, character in enumerate(text)
                if character != " "
            ]
        )

    def scan(self, since_ms: int = 0, now: int | None = None) -> list[tuple[str, int, int | None, int]]:
        [series] = list_series(self.database)
        self.scanner.scan(series, since_ms or self.now - DAY_MS, now or self.now)
        with self.server.connect(ROLE) as connection:
            rows = connection.execute(
                "SELECT kind, (extract(epoch FROM started_at) * 1000)::bigint, (extract(epoch FROM ended_at) * 1000)::bigint, samples "
                "FROM gaps ORDER BY started_at"
            ).fetchall()
        return [(kind, (start - self.now) // 1000, None if end is None else (end - self.now) // 1000, count) for kind, start, end, count in rows]

    def test_what_comes_twice_changes_neither_samples_nor_sums(self) -> None:
        self.write("++--?+", self.now)
        self.write("++--?+++", self.now + 2 * PERIOD_MS)
        with self.server.connect(ROLE) as connection:
            self.assertEqual(connection.execute("SELECT count(*) FROM samples").fetchone(), (8,))
            sums = connection.execute(
                "SELECT sum(total), sum(success), sum(failure), sum(error), sum(latency_sum), max(latency_max) FROM rollups"
            ).fetchone()
            self.assertEqual(tuple(map(float, sums)), (8, 5, 2, 1, 10, 2))

    def test_samples_are_read_as_they_were_written(self) -> None:
        self.write("+-?", self.now)
        with self.database.transaction(5) as connection:
            readings = read_readings(connection, list_series(self.database)[0].id, self.now - DAY_MS)
        self.assertEqual(readings.at.tolist(), [self.now - 2 * PERIOD_MS, self.now - PERIOD_MS, self.now])
        self.assertEqual(readings.outcome.tolist(), [SUCCESS, FAILURE, ERROR])
        np.testing.assert_array_equal(readings.latency, np.array([2, np.nan, np.nan], dtype=np.float32))

    def test_an_outage_grows_ends_and_stays_one(self) -> None:
        begin = self.now - 20 * PERIOD_MS
        self.write("++++---", begin)
        self.assertEqual(self.scan(0, begin + 1), [("outage", -220, None, 3)])
        self.write("---", begin + 3 * PERIOD_MS)
        self.assertEqual(self.scan(begin, begin + 3 * PERIOD_MS + 1), [("outage", -220, None, 6)])
        self.write("++", begin + 5 * PERIOD_MS)
        self.assertEqual(self.scan(begin, begin + 6 * PERIOD_MS), [("outage", -220, -160, 6)])

    def test_samples_that_come_late_undo_the_gap_they_were_missing_in(self) -> None:
        self.write("++++", self.now - 30 * PERIOD_MS)
        self.assertEqual(self.scan(), [("gap", -290, None, 0)])
        self.write("++++", self.now)
        self.assertEqual(self.scan(), [("gap", -290, -30, 0)])
        self.write("+" * 26, self.now - 4 * PERIOD_MS)
        self.assertEqual(self.scan(), [])

    def test_an_outage_longer_than_what_is_read_keeps_its_beginning(self) -> None:
        # Three days, in samples far enough apart to be quick: the anchor lies one day back at most.
        far = 600_000
        rows = [
            Sample.model_construct(
                stack="s", service="web.service", probe="http", at=self.now - (500 - place) * far,
                outcome="success" if place < 10 else "failure", latency_ms=None, period_ms=far,
            )  # fmt: skip
            for place in range(500)
        ]
        self.writer.write(rows[:300])
        self.scan(self.now - 4 * DAY_MS, rows[299].at)
        self.writer.write(rows[300:])
        [(kind, start, end, count)] = self.scan(rows[480].at, rows[499].at)
        self.assertEqual((kind, start * 1000, end, count), ("outage", rows[10].at - self.now, None, 490))

    def test_slow_answers_are_written_once_and_found_by_service(self) -> None:
        self.write("+" * 200, self.now)
        self.write("+", self.now + 5, latency=90)
        self.scan()
        self.scan()
        start, end = self.now - DAY_MS, self.now + DAY_MS
        [anomaly] = list_anomalies(self.database, start, end, {"service": "web.service"}, 10)
        self.assertEqual((anomaly["latency_ms"], anomaly["service"]), (90.0, "web.service"))
        self.assertEqual(list_anomalies(self.database, start, end, {"service": "other.service"}, 10), [])

    def test_found_gaps_are_those_that_touch_the_stretch(self) -> None:
        self.write("++---++", self.now)
        self.scan()
        hour = 3_600_000
        [gap] = list_gaps(self.database, self.now - hour, self.now, {"kind": "outage", "stack": "s"}, 10)
        self.assertEqual((gap["seconds"], gap["samples"]), (30.0, 3))
        self.assertEqual(list_gaps(self.database, self.now - hour, self.now, {"kind": "gap"}, 10), [])
        self.assertEqual(list_gaps(self.database, self.now - 2 * hour, self.now - hour, {}, 10), [])
        self.assertEqual(list_gaps(self.database, self.now - hour, self.now, {"service": "' OR true --"}, 10), [])

    def test_an_event_told_twice_is_one(self) -> None:
        events = [
            Event.model_construct(stack="s", at=self.now, kind="good", service=service, generation=1, detail=None)
            for service in (None, "a", "a")
        ]
        self.assertEqual(write_events(self.database, events), 2)
        self.assertEqual(write_events(self.database, events), 0)

    def test_a_day_that_was_dropped_meanwhile_is_made_again(self) -> None:
        self.write("++", self.now - 3 * DAY_MS)
        with self.server.connect(ROLE) as connection:
            connection.execute("SELECT drop_old_partitions(1)")
        self.write("+++", self.now - 3 * DAY_MS)
        with self.server.connect(ROLE) as connection:
            self.assertEqual(connection.execute("SELECT count(*) FROM samples").fetchone(), (3,))

    def test_tomorrow_is_made_and_what_is_old_is_forgotten(self) -> None:
        self.write("++", self.now - 20 * DAY_MS)
        days, _ = tend_partitions(self.database, self.now, 10, 15)
        self.assertGreaterEqual(days, 1)
        with self.server.connect(ROLE) as connection:
            self.assertEqual(connection.execute("SELECT (SELECT count(*) FROM samples), (SELECT count(*) FROM rollups)").fetchone(), (0, 0))
            self.assertEqual(
                connection.execute(
                    "SELECT to_regclass('samples_' || to_char((now() AT TIME ZONE 'UTC')::date + 1, 'YYYYMMDD')) IS NOT NULL"
                ).fetchone(),
                (True,),
            )
