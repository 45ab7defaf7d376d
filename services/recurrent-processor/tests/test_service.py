import os
import re
import sys
import tempfile
import time
import unittest
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from phoenix_testing.database import TestServer
from phoenix_testing.ports import free_port
from phoenix_testing.promises import check_settings, check_writing_path
from phoenix_testing.service import ServiceProcess, until

from recurrent_processor.config import read_config
from recurrent_processor.progress import STUCK_SECONDS, Progress
from tests import synthetic


def write_samples(server: TestServer, hole: tuple[int, int]) -> None:
    """A day of one series with a sample every ten seconds and a hole (minutes before now), and one that has just begun."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    ms = np.repeat(synthetic.humps(1, 90, 0.1, 3), 6)
    with server.connect("gap_detector") as connection:
        for name in ("web.service", "new.service"):
            connection.execute("INSERT INTO series (stack, service, probe, period_ms) VALUES ('phoenix', %s, 'http', 10000)", (name,))
        for days in range(3):
            connection.execute("SELECT ensure_partition(%s)", ((now - timedelta(days=days - 1)).date(),))
        rows = [(1, now - timedelta(seconds=10 * (len(ms) - i)), float(v)) for i, v in enumerate(ms)]
        rows = [r for r in rows if not hole[1] < (now - r[1]).total_seconds() / 60 <= hole[0]]
        rows += [(2, now - timedelta(minutes=i + 1), 3.0) for i in range(20)]
        with connection.cursor() as cursor, cursor.copy("COPY samples (series_id, at, outcome, latency_ms) FROM STDIN") as copy:
            for series, at, value in rows:
                copy.write_row((series, at, "success", value))


class Running(unittest.TestCase):
    """The service as the container runs it, beside a real database."""

    HOLE = (200, 140)

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = TestServer()
        cls.addClassCleanup(cls.server.remove)
        write_samples(cls.server, cls.HOLE)
        cls.checkpoints = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.start()
        cls.addClassCleanup(lambda: cls.service.kill())

    @classmethod
    def start(cls) -> None:
        own = {"CHECKPOINTS": str(cls.checkpoints), "SLICE_SECONDS": "1", "LOOK_SECONDS": "2"}
        cls.service = ServiceProcess("recurrent_processor", cls.server.settings("recurrent_processor", free_port(), **own))

    def health(self) -> dict[str, Any]:
        return self.service.get("/health").json

    def series(self, name: str) -> dict[str, Any]:
        return next((s for s in self.health()["series"] if s["name"] == f"phoenix/{name}/http"), {"state": None})

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.server.connect("recurrent_processor") as connection:
            return connection.execute(sql).fetchall()

    def test_1_killed_while_it_trains_it_goes_on_from_its_checkpoint(self) -> None:
        until((self.checkpoints / "series-1.pt").exists, 120)
        self.service.kill()
        self.start()
        until(lambda: self.series("web.service").get("forecast_at") and self.series("new.service")["state"] == "waiting for data", 240)
        (model,) = self.rows("SELECT series_id, samples, baseline_error, model_error FROM models")
        self.assertEqual(model[0], 1)
        self.assertLess(model[3], model[2], "better than the better naive forecast")

    def test_2_it_forecasts_the_next_hour(self) -> None:
        rows = self.rows("SELECT at, value, low, high, now() FROM forecasts WHERE series_id = 1 ORDER BY at")
        self.assertGreaterEqual(len(rows), 60)
        self.assertLess(abs((rows[0][0] - rows[0][4]).total_seconds()), 600)
        self.assertTrue(all(low <= value <= high for _, value, low, high, _ in rows))
        steps = {(b[0] - a[0]).total_seconds() for a, b in zip(rows, rows[1:], strict=False)}
        self.assertEqual(steps, {60.0})

    def test_3_it_fills_the_hole_and_nothing_else(self) -> None:
        ((count, first, last),) = self.rows("SELECT count(*), min(at), max(at) FROM fills")
        self.assertEqual(count, self.HOLE[0] - self.HOLE[1])
        self.assertEqual((last - first).total_seconds(), 60 * (count - 1))

    def test_4_health_shows_progress(self) -> None:
        status, found = (answer := self.service.get("/health")).status, answer.json
        self.assertEqual((status, found["status"], found["trained"], found["of"]), (200, "healthy", 1, 2))
        waiting = self.series("new.service")
        self.assertEqual((waiting["state"], waiting["needed"]), ("waiting for data", 150))
        self.assertLess(waiting["measured"], 25)
        text = self.service.get("/metrics").body.decode()
        self.assertIn('recurrent_processor_series{state="trained"} 1', text)
        self.assertRegex(text, r'model_error_ms\{series="phoenix/web.service/http"\} \d')

    def test_5_with_nothing_to_do_it_sleeps(self) -> None:
        until(lambda: self.health()["doing"] == "idle", 300)
        before, started = self.cpu_seconds(), time.monotonic()
        time.sleep(4)
        share = (self.cpu_seconds() - before) / (time.monotonic() - started)
        print(f"idle: {share:.2%} of one core", file=sys.stderr)
        self.assertLess(share, 0.05)

    def test_6_it_stays_under_its_memory(self) -> None:
        peak = int(re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.service.process.pid}/status").read_text())[0]) / 1024
        print(f"peak memory: {peak:.0f} MB", file=sys.stderr)
        self.assertLess(peak, 600)

    def test_7_training_can_be_demanded(self) -> None:
        trained = self.series("web.service")["trained_at"]
        answer = self.service.post("/v1/train", {"series": [1, 2]})
        self.assertEqual(answer.status, 200, answer.body)
        found = answer.json
        self.assertEqual(sorted(found["finished"] + found["going_on"]), [1, 2])
        self.assertEqual({e["id"] for e in found["series"]}, {1, 2})
        until(lambda: (self.series("web.service")["trained_at"] or 0) > trained, 240)

    def test_8_requests_are_checked_from_the_outside_in(self) -> None:
        check_writing_path(self, self.service, "/v1/train", 64 * 1024)
        for body in (
            b'{"serie": [1]}', b'{"series": 1}', b'{"series": []}', b'{"series": [true]}',
            b'{"series": [1.5]}', b'{"series": [-1]}', b'{"series": [99]}', b'{"series": [1e400]}',
        ):  # fmt: skip
            with self.subTest(body):
                answer = self.service.post("/v1/train", body)
                self.assertEqual(answer.status, 422, answer.body)
                self.assertIn("error", answer.json)

    def test_9_without_the_database_it_lives_says_so_and_goes_on_later(self) -> None:
        self.server.kill()
        self.assertEqual(self.service.get("/ready").status, 503)
        self.assertEqual(self.service.post("/v1/train", {}).status, 503)
        until(lambda: self.health()["status"] == "degraded", 300)
        self.assertEqual(self.service.get("/live").status, 200)
        self.server.start()
        until(lambda: self.health()["status"] == "healthy", 300)

    def test_zz_a_stop_takes_less_than_two_seconds_even_while_it_trains(self) -> None:
        for path in self.checkpoints.iterdir():
            path.unlink()
        self.service.kill()
        self.start()
        until(lambda: self.health()["doing"].startswith("training"), 300)
        code, took, _ = self.service.stop()
        print(f"stop while training: {took:.2f} s", file=sys.stderr)
        self.assertEqual(code, 0)
        self.assertLess(took, 2.0)
        self.assertTrue((self.checkpoints / "series-1.pt").exists(), "the slice under way was saved")

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.service.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Liveness(unittest.TestCase):
    def test_a_worker_that_says_nothing_for_two_minutes_is_stuck(self) -> None:
        progress = Progress()
        self.assertEqual(progress.show()["status"], "healthy")
        progress._spoken -= STUCK_SECONDS + 1
        self.assertTrue(progress.is_stuck)
        self.assertEqual(progress.show()["status"], "stuck")
        progress.say()
        self.assertFalse(progress.is_stuck)


class Settings(unittest.TestCase):
    def test_each_that_is_missing_or_wrong_is_named(self) -> None:
        own = {"CHECKPOINTS": self.enterContext(tempfile.TemporaryDirectory()), "SLICE_SECONDS": "8", "LOOK_SECONDS": "30"}
        check_settings(self, read_config, own, [("SLICE_SECONDS", "61"), ("LOOK_SECONDS", "61"), ("CHECKPOINTS", "/proc")])
