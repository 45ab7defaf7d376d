import unittest
from datetime import UTC, datetime, timedelta

from analysis_engine.page.latency import nice_ceiling
from analysis_engine.page.ticks import place_ticks
from analysis_engine.words import count, show_duration, show_latency, show_percent, show_target


class Words(unittest.TestCase):
    def test_a_share_is_rounded_down_so_that_a_miss_never_looks_like_a_hit(self) -> None:
        shown = [(1.0, "100 %"), (0.9999999, "99.999 %"), (0.999, "99.900 %"), (0.99899999, "99.89 %"), (0.5, "50.00 %"), (0.0, "0.00 %"), (None, "–")]
        for share, text in shown:
            self.assertEqual(show_percent(share), text)

    def test_a_duration_has_its_two_largest_units(self) -> None:
        shown = [(0, "0 s"), (0.25, "250 ms"), (3.6, "3.6 s"), (59, "59 s"), (62, "1 min 02 s"), (60, "1 min"), (12_000, "3 h 20 min"), (3600, "1 h"), (1_051_200, "12 d 4 h"), (86_400, "1 d")]
        for seconds, text in shown:
            self.assertEqual(show_duration(timedelta(seconds=seconds)), text)
        self.assertEqual(show_duration(None), "–")

    def test_the_rest(self) -> None:
        self.assertEqual([show_latency(v) for v in (None, 0.4, 99.94, 250.2, 1500)], ["–", "0.4 ms", "99.9 ms", "250 ms", "1.50 s"])
        self.assertEqual([show_target(v) for v in (0.999, 0.9, 0.9995)], ["99.9 %", "90 %", "99.95 %"])
        self.assertEqual([count(1, "service"), count(2, "service")], ["1 service", "2 services"])


class Axes(unittest.TestCase):
    def test_labels_stand_at_round_times_within_the_window(self) -> None:
        start = datetime(2026, 11, 25, 11, 58, tzinfo=UTC)
        for hours, most in ((1, 8), (2, 4), (24, 8), (25, 4), (168, 8), (720, 8), (9600, 8)):
            end = start + timedelta(hours=hours, seconds=31)
            ticks = place_ticks(start, end, most)
            with self.subTest(hours):
                self.assertTrue(2 <= len(ticks) <= most + 1, ticks)
                self.assertTrue(all(start <= t.at <= end and t.at.second == 0 for t in ticks))
        self.assertEqual([t.label for t in place_ticks(start, start + timedelta(hours=24), 4)], ["12:00", "18:00", "26 Nov", "06:00"])

    def test_a_scale_ends_at_a_round_number(self) -> None:
        self.assertEqual([nice_ceiling(v) for v in (0, 0.3, 1, 1.01, 34, 51, 1000)], [1.0, 0.5, 1.0, 2.0, 50.0, 100.0, 1000.0])
