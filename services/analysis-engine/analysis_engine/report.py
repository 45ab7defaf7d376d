"""The report as data: every number that the page shows, and that report.json gives to programs."""

from dataclasses import dataclass
from datetime import datetime

from .availability import Availability, Budget, add_up, measure_availability, measure_budget
from .facts import Bucket, Event, Facts, Forecast, Latency, Outage, Service
from .incidents import Repair, measure_repair, merge_outages
from .windows import Window


@dataclass(frozen=True)
class ServiceReport:
    service: Service
    availability: Availability
    budget: Budget
    repair: Repair
    since: datetime
    outages: list[Outage]
    gaps: list[Outage]
    buckets: list[Bucket]
    latencies: list[Latency]
    forecast: list[Forecast]

    @property
    def meets_target(self) -> bool | None:
        share = self.availability.share
        return None if share is None else share >= self.budget.target


@dataclass(frozen=True)
class Report:
    window: Window
    target: float
    availability: Availability
    repair: Repair
    services: list[ServiceReport]
    events: list[Event]

    @property
    def measured(self) -> list[ServiceReport]:
        return [s for s in self.services if s.availability.share is not None]

    @property
    def missing_target(self) -> list[ServiceReport]:
        return [s for s in self.services if s.meets_target is False]

    @property
    def worst(self) -> ServiceReport | None:
        """The service with the least of its budget left."""
        return min(self.measured, key=lambda s: s.budget.left, default=None)


def build_report(facts: Facts, window: Window, target: float) -> Report:
    """A service that the window has nothing of is still in it: that it was not measured is news."""
    services = [_service(facts, service, window, target) for service in facts.since if _since(facts, service) < window.end]
    total = add_up([s.availability for s in services])
    return Report(
        window=window,
        target=target,
        availability=total,
        repair=measure_repair([o for s in services for o in s.outages], total.up, window.now),
        services=services,
        events=facts.events,
    )


def _since(facts: Facts, service: Service) -> datetime:
    """Samples may be older than their series: the agent keeps them while nobody takes them."""
    first = [b.at for b in facts.buckets.get(service, [])[:1]]
    return min([facts.since[service], *first])


def _service(facts: Facts, service: Service, window: Window, target: float) -> ServiceReport:
    buckets = facts.buckets.get(service, [])
    outages = merge_outages(facts.outages.get(service, []))
    since = _since(facts, service)
    availability = measure_availability(buckets, since, window)
    return ServiceReport(
        service=service,
        availability=availability,
        budget=measure_budget(availability, target, window),
        repair=measure_repair(outages, availability.up, window.now),
        since=since,
        outages=outages,
        gaps=merge_outages(facts.gaps.get(service, [])),
        buckets=buckets,
        latencies=facts.latencies.get(service, []),
        forecast=facts.forecasts.get(service, []),
    )
