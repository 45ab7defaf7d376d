import unittest
from datetime import timedelta

from analysis_engine.availability import add_up, measure_availability, measure_budget
from analysis_engine.facts import Bucket, Outage
from analysis_engine.incidents import measure_repair, merge_outages
from analysis_engine.windows import last
from tests.made_up import DB, NOW, WEB, ago, report

DAY = last("24h", NOW)


class AvailabilityOfAService(unittest.TestCase):
    def test_is_the_share_of_the_measured_minutes(self) -> None:
        found = measure_availability([Bucket(ago(hours=2), 60, 6.0), Bucket(ago(hours=1), 60, 0.0)], ago(hours=2), DAY)
        self.assertEqual(found.share, 1 - 6 / 120)
        self.assertEqual(found.down, timedelta(minutes=6))
        self.assertEqual(found.coverage, 1.0)

    def test_is_unknown_and_not_zero_without_a_measurement(self) -> None:
        found = measure_availability([], ago(hours=2), DAY)
        self.assertIsNone(found.share)
        self.assertEqual(found.coverage, 0.0)

    def test_time_before_a_service_was_watched_is_not_missing(self) -> None:
        self.assertEqual(measure_availability([Bucket(ago(hours=1), 30, 0.0)], ago(hours=1), DAY).coverage, 0.5)

    def test_all_services_together_count_each_measured_minute_once(self) -> None:
        long = measure_availability([Bucket(ago(hours=3), 180, 0.0)], ago(hours=3), DAY)
        short = measure_availability([Bucket(ago(hours=1), 20, 20.0)], ago(hours=3), DAY)
        self.assertEqual(add_up([long, short]).share, 0.9)
        self.assertIsNone(add_up([]).share)


class ErrorBudget(unittest.TestCase):
    def test_is_of_the_whole_window(self) -> None:
        found = measure_availability([Bucket(ago(hours=1), 60, 0.6)], ago(hours=1), DAY)
        budget = measure_budget(found, 0.999, DAY)
        self.assertAlmostEqual(budget.allowed.total_seconds(), 86.4)
        self.assertAlmostEqual(budget.left, 1 - 36 / 86.4)
        self.assertAlmostEqual(budget.burn or 0, 10.0)
        self.assertTrue(budget.is_kept)

    def test_can_be_overspent(self) -> None:
        found = measure_availability([Bucket(ago(hours=1), 60, 6.0)], ago(hours=1), DAY)
        self.assertFalse(measure_budget(found, 0.999, DAY).is_kept)


class Outages(unittest.TestCase):
    def test_that_several_probes_saw_at_once_are_one(self) -> None:
        seen = [Outage(ago(minutes=50), ago(minutes=45), "b"), Outage(ago(minutes=52), ago(minutes=48), "a"), Outage(ago(minutes=10), ago(minutes=9), "c")]
        self.assertEqual(merge_outages(seen), [Outage(ago(minutes=52), ago(minutes=45), "a"), Outage(ago(minutes=10), ago(minutes=9), "c")])

    def test_one_that_goes_on_takes_in_all_that_follow(self) -> None:
        self.assertEqual(merge_outages([Outage(ago(minutes=9), None, "x"), Outage(ago(minutes=5), ago(minutes=4), "y")]), [Outage(ago(minutes=9), None, "x")])

    def test_one_within_another_does_not_shorten_it(self) -> None:
        self.assertEqual(merge_outages([Outage(ago(minutes=9), ago(minutes=1), "x"), Outage(ago(minutes=5), ago(minutes=4), "y")])[0].end, ago(minutes=1))

    def test_mttr_is_of_those_that_are_over_and_mtbf_of_all(self) -> None:
        found = measure_repair([Outage(ago(minutes=60), ago(minutes=58), ""), Outage(ago(minutes=30), ago(minutes=26), ""), Outage(ago(minutes=7), None, "")], timedelta(hours=6), NOW)
        self.assertEqual((found.mttr, found.mtbf), (timedelta(minutes=3), timedelta(hours=2)))
        self.assertEqual((found.outages, found.ongoing, found.longest), (3, 1, timedelta(minutes=7)))

    def test_none_at_all_has_no_mean(self) -> None:
        found = measure_repair([], timedelta(hours=6), NOW)
        self.assertEqual((found.mttr, found.mtbf, found.longest), (None, None, None))


class TheReport(unittest.TestCase):
    def test_says_who_missed_the_target_and_whose_budget_is_least(self) -> None:
        found = report()
        self.assertEqual([s.service for s in found.missing_target], [WEB])
        self.assertEqual(found.worst and found.worst.service, WEB)
        self.assertAlmostEqual(found.availability.share or 0, 1 - 5 / 2880)
        self.assertEqual(found.repair.mttr, timedelta(minutes=5))

    def test_keeps_a_service_that_was_not_measured_and_leaves_out_one_that_came_later(self) -> None:
        found = report(buckets={}, since={WEB: ago(days=60), DB: NOW + timedelta(seconds=1)})
        self.assertEqual([(s.service, s.meets_target) for s in found.services], [(WEB, None)])

    def test_takes_samples_that_are_older_than_their_series(self) -> None:
        found = report(since={WEB: ago(minutes=1)})
        self.assertEqual(found.services[0].since, ago(hours=24))
