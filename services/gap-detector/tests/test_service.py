"""The service as a process: what it answers, to friends and to others, and while its database dies."""

import json
import signal
import socket
import threading
import time
import unittest

from gap_detector.times import now_ms, to_iso

from .client import Client
from .database import TestServer

PERIOD_MS = 10_000


def sample(at_ms: int, **changes: object) -> dict[str, object]:
    values: dict[str, object] = {"stack": "phoenix", "service": "web.service", "at": to_iso(at_ms), "probe": "http", "outcome": "success"}
    return {**values, "latency_ms": 1.9, "period_ms": PERIOD_MS, **changes}


class Service(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.server = TestServer()
        cls.addClassCleanup(cls.server.remove)

    def setUp(self) -> None:
        with self.server.connect("phoenix_owner") as owner:
            owner.execute("TRUNCATE series, samples, rollups, events, gaps, anomalies, fills, forecasts, models")
        self.client = Client(self.server)
        self.addCleanup(self.client.close)

    def test_frozen_for_a_minute_is_an_outage_within_one_period_and_then_silence_is_a_gap(self) -> None:
        start = now_ms() - 600_000
        # The service is stopped 95 s after the start and goes on 60 s later; nothing comes any more after 200 s.
        series = [sample(at, outcome="failure" if 95_000 <= at - start < 155_000 else "success") for at in range(start, start + 200_000, PERIOD_MS)]
        self.assertEqual(self.client.post("/v1/samples", {"samples": series})[1], {"accepted": 20, "rejected": [], "rejected_count": 0})
        body = self.client.until("/v1/gaps?kind=outage", lambda body: body["gaps"] and body["gaps"][0]["ended_at"])
        [outage] = body["gaps"]
        self.assertEqual((outage["started_at"], outage["ended_at"], outage["samples"]), (to_iso(start + 100_000), to_iso(start + 160_000), 6))
        [gap] = self.client.until("/v1/gaps?kind=gap", lambda body: body["gaps"])["gaps"]
        self.assertEqual((gap["started_at"], gap["ended_at"]), (to_iso(start + 200_000), None))
        status, answer = self.client.post("/v1/detect", {"from": "1h"})
        self.assertEqual((status, answer["outages"], answer["gaps"], answer["series"]), (200, 1, 1, 1))
        code, seconds, output = self.client.stop()
        self.assertLess(seconds, 2)
        self.assertIn(code, (0, -signal.SIGTERM))
        self.assertIn(f"outage of phoenix/web.service (http) ended at {to_iso(start + 160_000)}: 6 probes in a row failed.", output)

    def test_an_outage_is_told_while_it_goes_on(self) -> None:
        now = now_ms()
        outcomes = ["success", "success", "failure", "failure", "failure"]
        samples = [sample(now - (4 - place) * PERIOD_MS, outcome=outcome) for place, outcome in enumerate(outcomes)]
        self.assertEqual(self.client.post("/v1/samples", {"samples": samples})[0], 200)
        [outage] = self.client.until("/v1/gaps?from=1m", lambda body: body["gaps"])["gaps"]
        self.assertEqual((outage["kind"], outage["started_at"], outage["ended_at"], outage["seconds"]), ("outage", samples[2]["at"], None, None))
        self.client.post("/v1/samples", {"samples": [sample(now + PERIOD_MS)]})
        [ended] = self.client.until("/v1/gaps?from=1m", lambda body: body["gaps"][0]["ended_at"])["gaps"]
        self.assertEqual((ended["id"], ended["seconds"]), (outage["id"], 30.0))

    def test_bad_requests_are_refused_with_the_reason(self) -> None:
        good = {"samples": [sample(now_ms())]}
        post = self.client.post
        for status, answer in (
            (401, post("/v1/samples", good, token=None)),
            (401, post("/v1/samples", good, token="tokem")),
            (401, post("/v1/events", {}, token="tökén".encode().decode("latin-1"))),
            (401, post("/v1/detect", {}, token="")),
            (415, post("/v1/samples", good, kind="text/plain")),
            (415, post("/v1/samples", good, kind="application/jsonp")),
            (400, post("/v1/samples", b"")),
            (400, post("/v1/samples", b"   ")),
            (400, post("/v1/samples", b'{"samples": [')),
            (400, post("/v1/samples", b"\xff\xfe{}")),
            (400, post("/v1/samples", b'{"samples": [NaN]}')),
            (400, post("/v1/samples", b"[" * 100_000)),
            (422, post("/v1/samples", json.dumps(good).replace("1.9", "1e999").encode())),
            (422, post("/v1/samples", json.dumps(good).replace("1.9", "-1e-9").encode())),
            (400, post("/v1/samples", {"samples": []})),
            (400, post("/v1/events", {"events": {}})),
            (413, post("/v1/samples", b" " * (8 * 1024 * 1024 + 1))),
            (422, post("/v1/detect", {"form": "1h"})),
            (400, post("/v1/detect", {"from": "soon"})),
            (404, post("/v1/detect", {"series": [99999999]})),
            (400, self.client.get("/v1/gaps?from=2h&to=3h")),
            (400, self.client.get("/v1/gaps?limit=0")),
            (400, self.client.get("/v1/gaps?kind=hole")),
            (400, self.client.get("/v1/anomalies?from=%00")),
            (400, self.client.get("/v1/anomalies?service=%00")),
            (404, self.client.get("/v1/nothing")),
            (405, self.client.get("/v1/samples")),
            (405, self.client.ask("DELETE", "/v1/gaps")),
        ):
            self.assertEqual(answer[0], status, answer)
            self.assertIsInstance(answer[1]["error"], str)
        self.assertEqual(self.client.get("/v1/series")[1], {"series": []})
        status, answer = post("/v1/samples", {"samples": [sample(now_ms()), sample(now_ms(), latency_ms=-1)]})
        self.assertEqual((status, answer["accepted"], answer["rejected"][0]["index"]), (200, 1, 1))

    def test_a_body_sent_in_pieces_is_cut_at_the_limit(self) -> None:
        with socket.create_connection(("127.0.0.1", self.client.port), timeout=30) as sender:
            sender.sendall(
                b"POST /v1/samples HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token\r\n"
                b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
            try:
                for _ in range(200):
                    sender.sendall(chunk)
            except OSError:
                pass  # It does not have to listen to the end.
            self.assertIn(b" 413 ", sender.recv(200).split(b"\r\n")[0])

    def test_state_metrics_and_the_document(self) -> None:
        self.client.post("/v1/samples", {"samples": [sample(now_ms())]})
        self.client.post("/v1/events", {"events": [{"stack": "phoenix", "at": to_iso(now_ms()), "kind": "good", "generation": 8}]})
        self.assertEqual(self.client.get("/live"), (200, {"status": "live"}))
        status, health = self.client.get("/health")
        self.assertEqual((status, health["status"], health["samples_new"]), (200, "healthy", 1))
        text = self.client.get("/metrics")[1]["text"]
        for line in ("gap_detector_samples_new_total 1", "gap_detector_events_accepted_total 1", "gap_detector_database_up 1", "gap_detector_series 1"):
            self.assertIn(f"\n{line}\n", text)
        [series] = self.client.get("/v1/series")[1]["series"]
        self.assertEqual((series["service"], series["samples_24h"], series["last_outcome"]), ("web.service", 1, "success"))
        paths = self.client.get("/openapi.json")[1]["paths"]
        for path in ("/v1/samples", "/v1/events", "/v1/series", "/v1/gaps", "/v1/anomalies", "/v1/detect", "/health", "/ready", "/live", "/metrics"):
            self.assertIn(path, paths)
        self.assertIn("latency_ms", json.dumps(paths["/v1/samples"]["post"]["requestBody"]))

    def test_a_database_that_is_killed_loses_nothing_acknowledged_and_is_found_again(self) -> None:
        acknowledged: list[int] = []
        stop = threading.Event()

        def send() -> None:
            at = now_ms() - 3_600_000
            while not stop.is_set():
                batch = [sample(at + step) for step in range(20)]
                at += 20
                if self.client.post("/v1/samples", {"samples": batch})[0] == 200:
                    acknowledged.extend(range(at - 20, at))

        sender = threading.Thread(target=send)
        sender.start()
        try:
            for _ in range(2):
                before = len(acknowledged)
                while len(acknowledged) < before + 200:
                    time.sleep(0.01)
                self.server.kill()
                self.assertEqual(self.client.get("/ready")[0], 503)
                self.assertEqual(self.client.get("/v1/series")[0], 503)
                self.assertEqual(self.client.get("/live")[0], 200)
                self.server.start()
        finally:
            stop.set()
            sender.join()
        self.client.until("/ready", lambda body: body.get("status") == "ready")
        with self.server.connect() as connection:
            kept = {row[0] for row in connection.execute("SELECT (extract(epoch FROM at) * 1000)::bigint FROM samples")}
            sums = connection.execute("SELECT sum(total) FROM rollups").fetchone()
        self.assertEqual(set(acknowledged) - kept, set())
        self.assertEqual(sums, (len(kept),))

    def test_a_database_that_hangs_gives_503_in_time_and_does_not_hang_the_service(self) -> None:
        self.client.post("/v1/samples", {"samples": [sample(now_ms())]})
        self.server.signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            self.assertEqual(self.client.get("/ready")[0], 503)
            self.assertEqual(self.client.post("/v1/samples", {"samples": [sample(now_ms())]})[0], 503)
            self.assertLess(time.monotonic() - began, 25)
            self.assertEqual(self.client.get("/live")[0], 200)
        finally:
            self.server.signal(signal.SIGCONT)
        self.client.until("/ready", lambda body: body.get("status") == "ready")
        self.assertEqual(self.client.post("/v1/samples", {"samples": [sample(now_ms())]})[0], 200)

    def test_thousands_of_samples_a_second(self) -> None:
        start = now_ms() - 80_000_000
        batches = [
            [sample(start + (number * 10 + step) * PERIOD_MS // 10, service=f"{name}.service") for step in range(50) for name in range(10)]
            for number in range(0, 200, 5)
        ]
        began = time.monotonic()
        for batch in batches:
            self.assertEqual(self.client.post("/v1/samples", {"samples": batch})[0], 200)
        passed = time.monotonic() - began
        rate = 500 * len(batches) / passed
        with open(f"/proc/{self.client.process.pid}/status", encoding="utf-8") as status:
            memory = next(line.split()[1] for line in status if line.startswith("VmHWM"))
        print(f"\n  {rate:.0f} samples/s acknowledged; {int(memory) // 1024} MB at most")
        self.assertGreater(rate, 2_000)
