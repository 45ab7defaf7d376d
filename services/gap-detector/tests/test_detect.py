"""Single situations, second by second."""

import unittest

import numpy as np

from gap_detector.detect.finding import Finding
from gap_detector.detect.latency import robust_scores
from gap_detector.detect.readings import ERROR, FAILURE, SUCCESS, Readings
from gap_detector.detect.scan import scan

OUTCOMES = {"+": SUCCESS, "-": FAILURE, "?": ERROR}


def look(text: str, period_ms: int = 10_000, now_ms: int | None = None) -> list[tuple[str, int, int | None]]:
    """One character a period: + success, - failure, ? could not be run, blank nothing."""
    places = [place for place, character in enumerate(text) if character != " "]
    readings = Readings(
        np.array([place * 10_000 for place in places], dtype=np.int64),
        np.array([OUTCOMES[text[place]] for place in places], dtype=np.int8),
        np.full(len(places), 1.0, dtype=np.float32),
    )
    found = scan(readings, period_ms, len(text) * 10_000 if now_ms is None else now_ms, None).findings
    return [(finding.kind, finding.started_ms // 1000, None if finding.ended_ms is None else finding.ended_ms // 1000) for finding in found]


class Situations(unittest.TestCase):
    def test_nothing_special(self) -> None:
        for text in ("", "+", "++++++", "+-+-+", "++?+", "++ ++", "-", "?"):
            self.assertEqual(look(text), [], text)

    def test_an_outage_lasts_from_the_first_failure_to_the_next_success(self) -> None:
        self.assertEqual(look("+++------+++"), [("outage", 30, 90)])

    def test_one_that_goes_on_has_no_end(self) -> None:
        self.assertEqual(look("+++---"), [("outage", 30, None)])

    def test_a_probe_that_could_not_be_run_neither_ends_nor_makes_one(self) -> None:
        self.assertEqual(look("++-?-?-++"), [("outage", 20, 70)])
        self.assertEqual(look("++-?+"), [])

    def test_no_sample_at_all_is_a_gap_and_not_an_outage(self) -> None:
        self.assertEqual(look("+++      +++"), [("gap", 30, 90)])

    def test_nor_is_a_time_in_which_no_probe_could_be_run(self) -> None:
        self.assertEqual(look("+++??????+++"), [("gap", 30, 90)])

    def test_an_outage_ends_where_nobody_looks_any_more(self) -> None:
        self.assertEqual(look("++---     +++"), [("outage", 20, 50), ("gap", 50, 100)])
        self.assertEqual(look("++---     ---+"), [("outage", 20, 50), ("gap", 50, 100), ("outage", 100, 130)])

    def test_silence_at_the_end_is_a_gap_once_no_batch_can_be_late_any_more(self) -> None:
        self.assertEqual(look("+++", now_ms=20_000 + 54_000), [])
        self.assertEqual(look("+++", now_ms=20_000 + 56_000), [("gap", 30, None)])

    def test_a_period_that_was_longer_once_makes_no_gaps(self) -> None:
        self.assertEqual(look("+  +  +  +  +  +  +  +  ++++++++++"), [])
        self.assertEqual(look("+  +  +  +  +             +  +  +  +  +  "), [("gap", 150, 260)])

    def test_frozen_for_a_minute_shows_with_start_and_end_within_one_period(self) -> None:
        # Stopped at 95 s, going on at 155 s; a probe fails by its timeout of 1 s and is dated by its start.
        at = np.arange(0, 300_000, 10_000, dtype=np.int64)
        frozen = (at >= 95_000) & (at < 155_000)
        readings = Readings(at, np.where(frozen, FAILURE, SUCCESS).astype(np.int8), np.where(frozen, 1000, 2).astype(np.float32))
        [finding] = scan(readings, 10_000, 300_000, None).findings
        self.assertEqual(finding, Finding("outage", 100_000, 160_000, 6, "6 probes in a row failed"))


class Scores(unittest.TestCase):
    def test_too_few_samples_are_compared_with_nothing(self) -> None:
        self.assertEqual(float(np.abs(robust_scores(np.array([1, 1, 1, 500], dtype=np.float32))).max()), 0)

    def test_a_constant_series_makes_no_alarm_of_a_trifle_and_one_of_a_tenfold(self) -> None:
        latency = np.full(1000, 2.0, dtype=np.float32)
        latency[500], latency[600] = 2.2, 20
        scores = robust_scores(latency)
        self.assertLess(scores[500], 2)
        self.assertGreater(scores[600], 20)

    def test_a_new_normal_is_normal_after_two_blocks(self) -> None:
        random = np.random.default_rng(1)
        latency = np.concatenate([random.lognormal(0, 0.1, 1000), random.lognormal(2, 0.1, 1000)]).astype(np.float32)
        scores = robust_scores(latency)
        self.assertGreater(scores[1001], 5)
        self.assertLess(float(scores[1300:].max()), 5)

    def test_whatever_the_length_there_is_a_finite_score_for_every_sample(self) -> None:
        for count in (0, 1, 31, 32, 127, 128, 255, 256, 257, 300, 384, 1000):
            scores = robust_scores(np.linspace(0, 3, count, dtype=np.float32))
            self.assertEqual(len(scores), count)
            self.assertTrue(bool(np.isfinite(scores).all()))
