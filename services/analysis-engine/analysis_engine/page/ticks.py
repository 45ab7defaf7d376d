"""Where a time axis has its labels."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_STEPS = [timedelta(minutes=n) for n in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 5 * 1440, 10 * 1440, 30 * 1440, 60 * 1440)]
_DAY = timedelta(days=1)
_ORIGIN = datetime(2024, 1, 1, tzinfo=UTC)


class Tick(NamedTuple):
    at: datetime
    label: str


def place_ticks(start: datetime, end: datetime, most: int) -> list[Tick]:
    """Round times between two moments, and not more than `most` spaces between them."""
    step = next((s for s in _STEPS if (end - start) / s <= most + 0.1), _STEPS[-1])
    at = _ORIGIN - (_ORIGIN - start) // step * step
    ticks = []
    while at <= end:
        ticks.append(Tick(at, f"{at.day} {at:%b}" if step >= _DAY or (at.hour == at.minute == 0) else f"{at:%H:%M}"))
        at += step
    return ticks
