"""The service as a process: what it answers, to friends and to others, and while its database dies."""

import json
import signal
import socket
import threading
import time
import unittest

from phoenix_testing.database import TOKEN, shared_server
from phoenix_testing.promises import check_writing_path
from phoenix_testing.service import ServiceProcess, until

from gap_detector.guard import MOST_BYTES
from gap_detector.times import now_ms, to_iso

from .given import ROLE, settings

PERIOD_MS = 10_000


def sample(at_ms: int, **changes: object) -> dict[str, object]:
    values: dict[str, object] = {"stack": "phoenix", "service": "web.service", "at": to_iso(at_ms), "probe": "http", "outcome": "success"}
    return {**values, "latency_ms": 1.9, "period_ms": PERIOD_MS, **changes}


class FromTheStart(unittest.TestCase):
    """What is told of a service that has just begun, or ends."""

    def setUp(self) -> None:
        self.server = shared_server()
        self.server.empty()
        self.service = ServiceProcess("gap_detector", settings(self.server))
        self.addCleanup(self.service.kill)

    def test_frozen_for_a_minute_is_an_outage_within_one_period_and_then_silence_is_a_gap(self) -> None:
        start = now_ms() - 600_000
        # The service is stopped 95 s after the start and goes on 60 s later; nothing comes any more after 200 s.
        series = [sample(at, outcome="failure" if 95_000 <= at - start < 155_000 else "success") for at in range(start, start + 200_000, PERIOD_MS)]
        self.assertEqual(self.service.post("/v1/samples", {"samples": series}).json, {"accepted": 20, "rejected": [], "rejected_count": 0})
        [outage] = until(lambda: [gap for gap in self.service.get("/v1/gaps?kind=outage").json["gaps"] if gap["ended_at"]])
        self.assertEqual((outage["started_at"], outage["ended_at"], outage["samples"]), (to_iso(start + 100_000), to_iso(start + 160_000), 6))
        [gap] = until(lambda: self.service.get("/v1/gaps?kind=gap").json["gaps"])
        self.assertEqual((gap["started_at"], gap["ended_at"]), (to_iso(start + 200_000), None))
        answer = self.service.post("/v1/detect", {"from": "1h"}).json
        self.assertEqual((answer["outages"], answer["gaps"], answer["series"]), (1, 1, 1))
        code, seconds, output = self.service.stop()
        self.assertLess(seconds, 2)
        self.assertEqual(code, 0)
        self.assertIn(f"outage of phoenix/web.service (http) ended at {to_iso(start + 160_000)}: 6 probes in a row failed.", output)

    def test_state_metrics_and_the_document(self) -> None:
        self.service.post("/v1/samples", {"samples": [sample(now_ms())]})
        self.service.post("/v1/events", {"events": [{"stack": "phoenix", "at": to_iso(now_ms()), "kind": "good", "generation": 8}]})
        self.assertEqual(self.service.get("/live").json, {"status": "live"})
        health = self.service.get("/health").json
        self.assertEqual((health["status"], health["samples_new"]), ("healthy", 1))
        text = self.service.get("/metrics").body.decode()
        for name in ("samples_new_total", "events_accepted_total", "database_up", "series"):
            self.assertIn(f"\ngap_detector_{name} 1\n", text)
        [series] = self.service.get("/v1/series").json["series"]
        self.assertEqual((series["service"], series["samples_24h"], series["last_outcome"]), ("web.service", 1, "success"))
        paths = self.service.get("/openapi.json").json["paths"]
        for path in ("/v1/samples", "/v1/events", "/v1/series", "/v1/gaps", "/v1/anomalies", "/v1/detect", "/health", "/ready", "/live", "/metrics"):
            self.assertIn(path, paths)
        self.assertIn("latency_ms", json.dumps(paths["/v1/samples"]["post"]["requestBody"]))


class Running(unittest.TestCase):
    """What holds at any time: one process for all of it, and the database is emptied under it."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = shared_server()
        cls.service = ServiceProcess("gap_detector", settings(cls.server))
        cls.addClassCleanup(cls.service.kill)

    def setUp(self) -> None:
        self.server.empty()

    def test_an_outage_is_told_while_it_goes_on(self) -> None:
        now = now_ms()
        outcomes = ["success", "success", "failure", "failure", "failure"]
        samples = [sample(now - (4 - place) * PERIOD_MS, outcome=outcome) for place, outcome in enumerate(outcomes)]
        self.assertEqual(self.service.post("/v1/samples", {"samples": samples}).status, 200)
        [outage] = until(lambda: self.service.get("/v1/gaps?from=1m").json["gaps"])
        self.assertEqual((outage["kind"], outage["started_at"], outage["ended_at"], outage["seconds"]), ("outage", samples[2]["at"], None, None))
        self.service.post("/v1/samples", {"samples": [sample(now + PERIOD_MS)]})
        [ended] = until(lambda: [gap for gap in self.service.get("/v1/gaps?from=1m").json["gaps"] if gap["ended_at"]])
        self.assertEqual((ended["id"], ended["seconds"]), (outage["id"], 30.0))

    def test_bad_requests_are_refused_with_the_reason(self) -> None:
        for path in ("/v1/samples", "/v1/events"):
            check_writing_path(self, self.service, path, MOST_BYTES)
        get, post = self.service.get, self.service.post
        good = json.dumps({"samples": [sample(now_ms())]})
        for status, answer in (
            (422, post("/v1/samples", good.replace("1.9", "1e999").encode())),
            (422, post("/v1/samples", good.replace("1.9", "-1e-9").encode())),
            (400, post("/v1/samples", {"samples": []})),
            (400, post("/v1/events", {"events": {}})),
            (422, post("/v1/detect", {"form": "1h"})),
            (400, post("/v1/detect", {"from": "soon"})),
            (404, post("/v1/detect", {"series": [99999999]})),
            (400, get("/v1/gaps?from=2h&to=3h")),
            (400, get("/v1/gaps?limit=0")),
            (400, get("/v1/gaps?kind=hole")),
            (400, get("/v1/anomalies?from=%00")),
            (400, get("/v1/anomalies?service=%00")),
            (405, self.service.ask("DELETE", "/v1/gaps")),
        ):
            self.assertEqual(answer.status, status, answer.body)
            self.assertIsInstance(answer.json["error"], str)
        self.assertEqual(get("/v1/series").json, {"series": []})
        answer = post("/v1/samples", {"samples": [sample(now_ms()), sample(now_ms(), latency_ms=-1)]})
        self.assertEqual((answer.status, answer.json["accepted"], answer.json["rejected"][0]["index"]), (200, 1, 1))

    def test_a_body_sent_in_pieces_is_cut_at_the_limit(self) -> None:
        with socket.create_connection(("127.0.0.1", self.service.port), timeout=30) as sender:
            sender.sendall(
                f"POST /v1/samples HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
                + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
            try:
                for _ in range(200):
                    sender.sendall(chunk)
            except OSError:
                pass  # It does not have to listen to the end.
            self.assertIn(b" 413 ", sender.recv(200).split(b"\r\n")[0])

    def test_a_database_that_is_killed_loses_nothing_acknowledged_and_is_found_again(self) -> None:
        acknowledged: list[int] = []
        stop = threading.Event()

        def send() -> None:
            at = now_ms() - 3_600_000
            while not stop.is_set():
                batch = [sample(at + step) for step in range(20)]
                at += 20
                if self.service.post("/v1/samples", {"samples": batch}).status == 200:
                    acknowledged.extend(range(at - 20, at))

        sender = threading.Thread(target=send)
        sender.start()
        try:
            for _ in range(2):
                before = len(acknowledged)
                while len(acknowledged) < before + 200:
                    time.sleep(0.01)
                self.server.kill()
                self.assertEqual(self.service.get("/ready").status, 503)
                self.assertEqual(self.service.get("/v1/series").status, 503)
                self.assertEqual(self.service.get("/live").status, 200)
                self.server.start()
        finally:
            stop.set()
            sender.join()
        until(lambda: self.service.get("/ready").status == 200)
        with self.server.connect(ROLE) as connection:
            kept = {row[0] for row in connection.execute("SELECT (extract(epoch FROM at) * 1000)::bigint FROM samples")}
            sums = connection.execute("SELECT sum(total) FROM rollups").fetchone()
        self.assertEqual(set(acknowledged) - kept, set())
        self.assertEqual(sums, (len(kept),))

    def test_a_database_that_hangs_gives_503_in_time_and_does_not_hang_the_service(self) -> None:
        self.service.post("/v1/samples", {"samples": [sample(now_ms())]})
        self.server.signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            self.assertEqual(self.service.get("/ready").status, 503)
            self.assertEqual(self.service.post("/v1/samples", {"samples": [sample(now_ms())]}).status, 503)
            self.assertLess(time.monotonic() - began, 25)
            self.assertEqual(self.service.get("/live").status, 200)
        finally:
            self.server.signal(signal.SIGCONT)
        until(lambda: self.service.get("/ready").status == 200)
        self.assertEqual(self.service.post("/v1/samples", {"samples": [sample(now_ms())]}).status, 200)

    def test_thousands_of_samples_a_second(self) -> None:
        start = now_ms() - 80_000_000
        batches = [
            [sample(start + (number * 10 + step) * PERIOD_MS // 10, service=f"{name}.service") for step in range(50) for name in range(10)]
            for number in range(0, 200, 5)
        ]
        began = time.monotonic()
        for batch in batches:
            self.assertEqual(self.service.post("/v1/samples", {"samples": batch}).status, 200)
        passed = time.monotonic() - began
        rate = 500 * len(batches) / passed
        with open(f"/proc/{self.service.process.pid}/status", encoding="utf-8") as status:
            memory = next(line.split()[1] for line in status if line.startswith("VmHWM"))
        print(f"\n  {rate:.0f} samples/s acknowledged; {int(memory) // 1024} MB at most")
        self.assertGreater(rate, 2_000)
