import unittest

from phoenix_service.refused import Refused
from phoenix_testing.promises import check_settings

from gap_detector.config import read_config
from gap_detector.times import parse_when, parse_window, to_iso


class Settings(unittest.TestCase):
    def test_each_that_is_missing_or_wrong_is_named(self) -> None:
        own = {"KEEP_DAYS": "30", "KEEP_SUMS_DAYS": "400", "LOOK_SECONDS": "5"}
        check_settings(self, read_config, own, [("KEEP_DAYS", "1e3"), ("KEEP_SUMS_DAYS", "0"), ("LOOK_SECONDS", "61")])


class Times(unittest.TestCase):
    def test_spans_count_back_and_times_need_a_zone(self) -> None:
        self.assertEqual(parse_when("90m", 10_000_000, "from"), 10_000_000 - 5_400_000)
        self.assertEqual(parse_when("1970-01-01T00:00:01.500Z", 0, "from"), 1_500)
        self.assertEqual(to_iso(1_500), "1970-01-01T00:00:01.500Z")
        self.assertIsNone(to_iso(None))
        for text in ("", "1", "1y", "-1h", "2026-01-01", "2026-01-01T00:00:00", "9999999h", "\u0661h"):
            with self.assertRaises(Refused, msg=text) as caught:
                parse_when(text, 0, "from")
            self.assertEqual(caught.exception.body["field"], "from")

    def test_a_window_has_its_ends_in_order(self) -> None:
        self.assertEqual(parse_window(None, None, 100_000_000), (100_000_000 - 86_400_000, 100_000_000))
        with self.assertRaises(Refused):
            parse_window("1h", "2h", 100_000_000)
