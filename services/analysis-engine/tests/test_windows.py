import unittest
from datetime import UTC, datetime, timedelta

from analysis_engine.windows import BadWindow, between, last, parse_moment, parse_span
from tests.made_up import NOW, ago


class Spans(unittest.TestCase):
    def test_minutes_hours_and_days(self) -> None:
        self.assertEqual(parse_span("90m"), timedelta(minutes=90))
        self.assertEqual(parse_span("24h"), timedelta(days=1))
        self.assertEqual(parse_span("30d"), timedelta(days=30))

    def test_what_cannot_be_meant_is_refused(self) -> None:
        for text in ("", "0h", "-1h", "1", "h", "1w", "1.5h", "1h ", " 1h", "1h\n", "٣h", "401d", "9999999d", "1e3h"):
            with self.subTest(text), self.assertRaises(BadWindow):
                parse_span(text)


class Windows(unittest.TestCase):
    def test_a_window_begins_on_a_whole_minute_and_ends_now(self) -> None:
        now = NOW + timedelta(seconds=42.5)
        window = last("1h", now)
        self.assertEqual((window.start, window.end), (ago(hours=1), now))

    def test_charts_never_have_more_than_a_hundred_and_one_buckets(self) -> None:
        for name in ("1m", "1h", "3h", "24h", "25h", "7d", "30d", "90d", "400d"):
            window = last(name, NOW + timedelta(seconds=59))
            with self.subTest(name):
                self.assertLessEqual(window.length / window.bucket, 100)
        self.assertEqual(last("24h", NOW).bucket, timedelta(minutes=15))
        self.assertEqual(last("30d", NOW).bucket, timedelta(hours=8))

    def test_a_window_between_two_times_ends_now_at_the_latest(self) -> None:
        self.assertEqual(between(ago(hours=2), NOW + timedelta(days=1), NOW).end, NOW)
        for start, end in ((ago(hours=1), ago(hours=2)), (NOW, NOW), (ago(days=401), NOW), (NOW + timedelta(hours=1), NOW + timedelta(hours=2))):
            with self.assertRaises(BadWindow):
                between(start, end, NOW)

    def test_a_moment_is_a_time_with_its_zone_or_a_span_back(self) -> None:
        self.assertEqual(parse_moment("2026-11-26T12:00:00+01:00", NOW, "from"), datetime(2026, 11, 26, 11, tzinfo=UTC))
        self.assertEqual(parse_moment("2h", NOW, "from"), ago(hours=2))
        for text in ("2026-11-26T12:00:00", "yesterday", "", "0001-01-01"):
            with self.subTest(text), self.assertRaises(BadWindow):
                parse_moment(text, NOW, "from")
