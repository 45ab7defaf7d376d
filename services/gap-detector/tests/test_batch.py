"""What a sender may send, item by item."""

import unittest

from phoenix_service.refused import Refused

from gap_detector.batch import Event, Sample, check_batch

GOOD = {"stack": "phoenix", "service": "web.service", "at": "2026-11-26T11:00:00.000Z", "probe": "http", "outcome": "success", "latency_ms": 1.9}
AT_MS = 1_795_690_800_000


def check(*samples: object) -> object:
    return check_batch({"samples": list(samples)}, "samples", Sample, AT_MS - 1000, AT_MS + 1000)


class Batches(unittest.TestCase):
    def test_a_good_sample_is_taken_as_it_is(self) -> None:
        [sample] = check(GOOD).items
        self.assertEqual((sample.at, sample.latency_ms, sample.period_ms), (AT_MS, 1.9, 10_000))
        [other] = check({**GOOD, "at": "2026-11-26T12:00:00+01:00", "latency_ms": None, "outcome": "failure", "new": 1}).items
        self.assertEqual((other.at, other.latency_ms), (AT_MS, None))

    def test_one_bad_sample_is_reported_and_the_rest_kept(self) -> None:
        checked = check(GOOD, {**GOOD, "latency_ms": -1}, GOOD)
        self.assertEqual(len(checked.items), 2)
        self.assertEqual([entry["index"] for entry in checked.rejected], [1])
        self.assertIn("latency_ms", checked.rejected[0]["error"])

    def test_every_bad_value_is_refused_with_its_field(self) -> None:
        bad = {
            "stack": [None, "", 7, "a b", "../x", "a\0b", "x" * 64],
            "service": [None, "", "a b", "x" * 256, "ünit"],
            "at": [
                *[None, 5, 1.79e9, "", "yesterday", "2026-11-26T11:00:00", "1969-12-31T23:59:59Z", "9" * 5000],
                *["2026-11-26T10:59:00Z", "2026-11-26T11:01:00Z"],
            ],
            "probe": [None, "", "a\nb", [], "x" * 65],
            "outcome": [None, "ok", True, "Success"],
            "latency_ms": [-0.001, "1", True, float("nan"), float("inf"), 1e300, 86_400_001, [], 10**400],
            "period_ms": [0, 99, -10, 1.5, "10", True, 2**40, None],
        }
        for field, values in bad.items():
            for value in values:
                with self.assertRaises(Refused, msg=f"{field} = {value!r}"[:80]) as caught:
                    check({**GOOD, field: value})
                self.assertEqual(caught.exception.status, 422)
                self.assertEqual(caught.exception.body["field"], f"samples[0].{field}", f"{field} = {value!r}"[:80])
        for field in ("stack", "service", "at", "probe", "outcome"):
            with self.assertRaises(Refused):
                check({key: value for key, value in GOOD.items() if key != field})

    def test_what_is_no_batch_is_refused(self) -> None:
        for body in (None, [], "x", {}, {"samples": None}, {"samples": {}}, {"samples": []}, {"events": [GOOD]}):
            with self.assertRaises(Refused) as caught:
                check_batch(body, "samples", Sample, 0, AT_MS)
            self.assertEqual((caught.exception.status, caught.exception.body["field"]), (400, "samples"))
        for item in (None, 1, "x", [GOOD]):
            with self.assertRaises(Refused) as caught:
                check(item)
            self.assertEqual(caught.exception.body["error"], "samples[0]: it is not an object")

    def test_reports_stay_short(self) -> None:
        checked = check(*[{} for _ in range(5_000)], GOOD)
        self.assertEqual((len(checked.items), len(checked.rejected), checked.rejected_count), (1, 100, 5_000))

    def test_events(self) -> None:
        good = {"stack": "phoenix", "at": "2026-11-26T11:00:00Z", "kind": "rolledBack", "service": None, "generation": 8, "detail": "because"}
        self.assertEqual(len(check_batch({"events": [good]}, "events", Event, 0, AT_MS).items), 1)
        bad = {"kind": ["a b", ""], "generation": [-1, 2**31, True], "detail": ["a\0", "x" * 4001], "service": ["a b"]}
        for change in ({field: value} for field, values in bad.items() for value in values):
            with self.assertRaises(Refused, msg=str(change)[:60]):
                check_batch({"events": [{**good, **change}]}, "events", Event, 0, AT_MS)
