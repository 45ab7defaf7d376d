"""How much of the measured time a service was up, and what that leaves of its error budget."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .facts import Bucket
from .windows import MINUTE, Window


@dataclass(frozen=True)
class Availability:
    """Shares are of the measured time; None where nothing was measured, which is not the same as down."""

    measured: timedelta
    down: timedelta
    share: float | None
    # Of the time since the service is watched, how much was measured.
    coverage: float | None

    @property
    def up(self) -> timedelta:
        return self.measured - self.down


@dataclass(frozen=True)
class Budget:
    """What may go wrong in the window, and what did."""

    target: float
    allowed: timedelta
    spent: timedelta
    # Share of the budget that is left; below 0 when it is overspent.
    left: float
    # How many times faster than allowed it is spent: above 1, a window like this one misses the target.
    burn: float | None

    @property
    def is_kept(self) -> bool:
        return self.left >= 0


def measure_availability(buckets: list[Bucket], since: datetime, window: Window) -> Availability:
    measured = sum((b.minutes for b in buckets), 0) * MINUTE
    down = sum((b.down for b in buckets), 0.0) * MINUTE
    watched = max(window.end - max(since, window.start), timedelta())
    return Availability(
        measured=measured,
        down=down,
        share=1 - down / measured if measured else None,
        # The minute that has just begun counts as measured, so the quotient may be a little above 1.
        coverage=min(measured / watched, 1.0) if watched else None,
    )


def add_up(parts: list[Availability]) -> Availability:
    """All services as one: each measured minute counts the same."""
    measured = sum((p.measured for p in parts), timedelta())
    down = sum((p.down for p in parts), timedelta())
    known = [p.coverage for p in parts if p.coverage is not None]
    return Availability(measured, down, 1 - down / measured if measured else None, sum(known) / len(known) if known else None)


def measure_budget(availability: Availability, target: float, window: Window) -> Budget:
    """The budget is of the whole window, also where only a part of it was measured: an hour's outage in a young stack is not the month's."""
    allowed = window.length * (1 - target)
    burn = None if availability.share is None else (1 - availability.share) / (1 - target)
    return Budget(target, allowed, availability.down, 1 - availability.down / allowed, burn)
