import http.client
import signal
import sys
import time
import unittest
from typing import Any

from phoenix_testing.database import TestServer
from phoenix_testing.ports import free_port
from phoenix_testing.promises import check_settings, check_writing_path
from phoenix_testing.service import ServiceProcess

from analysis_engine.config import parse_target, read_config
from tests.made_up import write_month


class Running(unittest.TestCase):
    """The service as the container runs it, beside a real database with a month in it."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = TestServer()
        cls.addClassCleanup(cls.server.remove)
        write_month(cls.server)
        cls.service = ServiceProcess("analysis_engine", cls.server.settings("analysis_engine", free_port(), TARGET_PERCENT="99.9"))
        cls.addClassCleanup(cls.service.kill)

    def json(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        answer = self.service.post(path, body) if method == "POST" else self.service.ask(method, path)
        self.assertEqual(answer.status, status, answer.body[:300])
        return answer.json

    def test_a_month_of_ten_services_is_reported_in_time(self) -> None:
        # Three spans that nobody asked for before, so that each is made from the database; the best of them, since the machine has other work.
        took = []
        for hours in (720, 719, 718):
            started = time.monotonic()
            answer = self.service.get(f"/report/?window={hours}h")
            took.append(time.monotonic() - started)
            self.assertEqual(answer.status, 200)
        print(f"a month of ten services: {min(took):.2f} to {max(took):.2f} s, {len(answer.body) // 1024} KiB", file=sys.stderr)
        self.assertLess(min(took), 3.0)

    def test_the_numbers_are_those_of_the_database(self) -> None:
        found = self.json("GET", "/v1/availability?window=30d")
        services = {s["service"]: s for s in found["services"]}
        self.assertEqual(len(services), 10)
        with self.server.connect("gap_detector") as connection:
            start, end = found["window"]["from"], found["window"]["to"]
            rows = connection.execute(
                "SELECT s.service, sum(r.failure)::float8 / sum(r.success + r.failure) FROM rollups r JOIN series s ON s.id = r.series_id "
                "WHERE r.minute >= %s AND r.minute < %s GROUP BY s.service", (start, end),
            )  # fmt: skip
            for name, failed in rows:
                self.assertAlmostEqual(services[name]["availability"]["share"], 1 - failed, places=6)
            for name, outages, mttr in connection.execute(
                "SELECT s.service, count(*), avg(extract(epoch FROM g.ended_at - g.started_at))::float8 FROM gaps g JOIN series s ON s.id = g.series_id "
                "WHERE g.kind = 'outage' AND g.ended_at > %s GROUP BY s.service", (start,),
            ):  # fmt: skip
                self.assertEqual(services[name]["repair"]["outages"], outages)
                self.assertAlmostEqual(services[name]["repair"]["mttr_seconds"], mttr, places=2)
        self.assertEqual(services["db.service"]["availability"]["share"], 1.0)

    def test_a_second_probe_that_fails_makes_the_minute_fail(self) -> None:
        before = self.json("GET", "/v1/availability?window=3h")
        with self.server.connect("gap_detector") as connection:
            connection.execute("INSERT INTO series (stack, service, probe, period_ms) VALUES ('phoenix', 'db.service', 'postgres', 10000)")
            connection.execute(
                "INSERT INTO rollups SELECT id, date_trunc('minute', now()) - interval '90 minutes', 6, 3, 3, 0, 9, 4 FROM series WHERE probe = 'postgres'"
            )
        try:
            after = self.json("POST", "/v1/analyse", {"window": "3h"})
        finally:
            with self.server.connect("gap_detector") as connection:
                connection.execute("UPDATE rollups SET success = 6, failure = 0 WHERE series_id IN (SELECT id FROM series WHERE probe = 'postgres')")
        down = [next(s for s in r["services"] if s["service"] == "db.service")["availability"]["down_seconds"] for r in (before, after)]
        self.assertEqual(down, [0.0, 30.0])
        self.assertEqual(len(after["services"]), 10, "it is still one service")

    def test_the_page_carries_its_policy_and_is_never_kept(self) -> None:
        status, body, headers = self.service.get("/report/?window=7d")
        self.assertEqual(status, 200)
        self.assertEqual(headers["content-type"], "text/html; charset=utf-8")
        self.assertIn("default-src 'none'", headers["content-security-policy"])
        self.assertEqual(headers["cache-control"], "no-store")
        self.assertIn(b'aria-current=page>7 days', body)
        self.assertEqual(self.service.ask("HEAD", "/report/")[:2], (200, b""))
        self.assertEqual(self.service.get("/report").headers["location"], "report/")

    def test_report_json_has_everything_on_the_page(self) -> None:
        found = self.json("GET", "/report/report.json?window=24h")
        self.assertTrue(all(s["buckets"] and s["latency"] and len(s["forecast"]) >= 59 for s in found["services"]))
        self.assertEqual({e["mark"] for e in found["events"]} - {"deploy", "rollback", "restart"}, set())
        times = self.json("GET", "/v1/availability?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z")
        self.assertEqual(times["services"], [], "nothing was watched then")

    def test_windows_and_targets_that_cannot_be_meant_are_refused_with_the_reason(self) -> None:
        for query, field in (
            ("window=forever", "window"), ("window=", "window"), ("window=999d", "window"), ("target=100", "target"), ("target=nan", "target"),
            ("from=tomorrow", "from"), ("from=1h&window=1h", "window"), ("from=1h&to=2h", "from"), ("from=2026-01-01", "from"),
        ):  # fmt: skip
            for path in ("/report/", "/report/report.json", "/v1/availability"):
                with self.subTest(f"{path}?{query}"):
                    found = self.json("GET", f"{path}?{query}", status=400)
                    self.assertEqual(found["field"], field)
                    self.assertGreater(len(found["error"]), 10)

    def test_writing_requests_are_checked_from_the_outside_in(self) -> None:
        check_writing_path(self, self.service, "/v1/analyse", 64 * 1024)
        for status, body in (
            (422, b'{"windows": "1h"}'), (422, b'{"window": 5}'), (422, b'{"window": null}'),
            (400, b'{"window": "soon"}'), (400, b'{"target": 1e999}'),
        ):  # fmt: skip
            with self.subTest(body):
                self.assertIn("error", self.json("POST", "/v1/analyse", body, status))
        self.assertEqual(self.json("POST", "/v1/analyse", {"window": "1h", "target": 99.5})["target"], 0.995)

    def test_paths_and_methods(self) -> None:
        self.json("POST", "/report/", b"", status=405)
        self.assertEqual(self.json("GET", "/health")["status"], "healthy")
        self.assertEqual(self.json("GET", "/ready"), {"status": "ready"})
        self.assertIn(b"analysis_engine_reports_total", self.service.get("/metrics").body)

    def test_while_the_database_is_away_it_says_so_and_then_it_works_again(self) -> None:
        self.server.kill()
        self.assertEqual(self.json("GET", "/live"), {"status": "live"})
        for path in ("/ready", "/health", "/v1/availability?window=2h"):
            self.assertEqual(self.json("GET", path, status=503)["error"], "The database does not answer.")
        status, body, headers = self.service.get("/report/?window=2h")
        self.assertEqual((status, headers["retry-after"]), (503, "10"))
        self.assertIn(b"There is no report just now.", body)
        self.server.start()
        self.assertEqual(self.service.get("/report/?window=2h").status, 200)

    def test_zz_a_stop_takes_less_than_two_seconds_even_while_the_database_hangs(self) -> None:
        self.server.signal(signal.SIGSTOP)
        try:
            asking = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=20)
            asking.request("GET", "/report/?window=5h")
            time.sleep(0.3)
            code, took, _ = self.service.stop()
            self.assertEqual(code, 0)
            self.assertLess(took, 2.0)
        finally:
            self.server.signal(signal.SIGCONT)
            asking.close()


class Settings(unittest.TestCase):
    def test_each_that_is_missing_or_wrong_is_named(self) -> None:
        check_settings(self, read_config, {"TARGET_PERCENT": "99.9"}, [("PORT", "٣"), ("TARGET_PERCENT", "high"), ("TARGET_PERCENT", "100")])

    def test_a_target_is_the_number_that_was_written(self) -> None:
        self.assertEqual(parse_target("99.9", "target"), 0.999)
