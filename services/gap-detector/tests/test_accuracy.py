"""How much of what was put in is found, and how much of what is found was put in."""

import unittest

import numpy as np

from gap_detector.detect.finding import Finding
from gap_detector.detect.latency import robust_scores
from gap_detector.detect.model import train
from gap_detector.detect.scan import scan

from .synthetic import Series, Truth, make

PERIOD_MS = 10_000


def matches(truth: Truth, finding: Finding, period_ms: int) -> bool:
    """Of the same kind, and begun and ended within one period (and the time a probe may take) of the truth."""
    if truth.kind != finding.kind or finding.ended_ms is None:
        return False
    return abs(finding.started_ms - truth.start_ms) <= 1.2 * period_ms and abs(finding.ended_ms - truth.end_ms) <= 1.2 * period_ms


class Accuracy(unittest.TestCase):
    def test_injected_outages_and_gaps_are_found_with_start_and_end_within_one_period(self) -> None:
        found = right = injected = recalled = 0
        for seed in range(12):
            period_ms = (1_000, 10_000, 60_000)[seed % 3]
            series = make(30_000, period_ms, seed, disturbances=40)
            findings = scan(series.readings, period_ms, series.now_ms, None).findings
            found += len(findings)
            right += sum(any(matches(truth, finding, period_ms) for truth in series.truths) for finding in findings)
            injected += len(series.truths)
            recalled += sum(any(matches(truth, finding, period_ms) for finding in findings) for truth in series.truths)
        precision, recall = right / found, recalled / injected
        print(f"\n  outages and gaps: precision {precision:.4f}, recall {recall:.4f} ({injected} injected, {found} found)")
        self.assertGreaterEqual(precision, 0.95)
        self.assertGreaterEqual(recall, 0.95)

    def test_injected_slow_answers_are_found_and_the_rhythm_of_the_day_is_not(self) -> None:
        several = [make(8_640 * 3, PERIOD_MS, seed, slow=60) for seed in range(6)]
        expectation = train([robust_scores(series.readings.measured().latency) for series in several], 10.0, lambda: False)
        self.assertIsNotNone(expectation)
        found = right = injected = 0
        for series in several:
            anomalies = scan(series.readings, PERIOD_MS, series.now_ms, expectation).anomalies
            truth = set(series.slow_at.tolist())
            found += len(anomalies)
            right += sum(anomaly.at_ms in truth for anomaly in anomalies)
            injected += len(truth)
        precision, recall = right / found, right / injected
        print(f"\n  slow answers: precision {precision:.4f}, recall {recall:.4f} ({injected} injected, {found} found)")
        self.assertGreaterEqual(precision, 0.95)
        self.assertGreaterEqual(recall, 0.95)

    def test_what_comes_every_minute_is_learnt_and_not_reported(self) -> None:
        def busy(seed: int) -> Series:
            series = make(6_000, PERIOD_MS, seed)
            series.readings.latency[5::6] *= 12
            return series

        expectation = train([robust_scores(busy(seed).readings.measured().latency) for seed in range(4)], 10.0, lambda: False)
        series = busy(9)
        alone = scan(series.readings, PERIOD_MS, series.now_ms, None).anomalies
        both = scan(series.readings, PERIOD_MS, series.now_ms, expectation).anomalies
        self.assertGreater(len(alone), 500, "the score alone reports the job of every minute")
        self.assertLess(len(both), len(alone) // 10, "with the model it is expected")

    def test_training_stops_when_told_and_needs_something_to_learn_from(self) -> None:
        scores = [np.zeros(5_000, dtype=np.float32)]
        self.assertIsNone(train(scores, 10.0, lambda: True))
        self.assertIsNone(train([np.zeros(100, dtype=np.float32)], 10.0, lambda: False))
