"""Outages as people count them: what several probes saw at the same time was one outage of the service."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .facts import Outage


@dataclass(frozen=True)
class Repair:
    """How often a service broke and how long it took to come back."""

    outages: int
    ongoing: int
    # None where there is nothing to average: an outage that goes on has no time to repair yet.
    mttr: timedelta | None
    mtbf: timedelta | None
    longest: timedelta | None


def merge_outages(outages: list[Outage]) -> list[Outage]:
    """Overlapping and touching outages become one, from the first start to the last end."""
    merged: list[Outage] = []
    for outage in sorted(outages, key=lambda o: o.start):
        before = merged[-1] if merged else None
        if before is not None and (before.end is None or outage.start <= before.end):
            end = None if before.end is None or outage.end is None else max(before.end, outage.end)
            merged[-1] = Outage(before.start, end, before.because or outage.because)
        else:
            merged.append(outage)
    return merged


def measure_repair(outages: list[Outage], up: timedelta, now: datetime) -> Repair:
    """`outages` are merged ones; `up` is how long the service was measured and not down.

    MTTR averages whole outages, even where they began before the window: half a repair is no repair time.
    """
    repairs = [o.end - o.start for o in outages if o.end is not None]
    lasted = [(o.end or now) - o.start for o in outages]
    return Repair(
        outages=len(outages),
        ongoing=len(outages) - len(repairs),
        mttr=sum(repairs, timedelta()) / len(repairs) if repairs else None,
        mtbf=up / len(outages) if outages else None,
        longest=max(lasted, default=None),
    )
