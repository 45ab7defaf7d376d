"""The span of time that a report looks at, cut into buckets for its charts."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
LONGEST = timedelta(days=400)  # rollups are kept that long

# What the page offers; any other span works too.
OFFERED = ("1h", "24h", "7d", "30d")

_UNITS = {"m": MINUTE, "h": timedelta(hours=1), "d": timedelta(days=1)}
# A bucket is the first of these that gives at most 100 of them.
_BUCKETS = [timedelta(minutes=n) for n in (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 5760, 10080)]


class BadWindow(ValueError):
    """A window that cannot be meant; the text says why."""


@dataclass(frozen=True)
class Window:
    name: str
    start: datetime
    end: datetime
    # The present: what is not over by then is still going on.
    now: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def bucket(self) -> timedelta:
        return next(b for b in _BUCKETS if self.length <= 100 * b)


def parse_span(text: str) -> timedelta:
    """'90m', '24h' or '30d'."""
    match = re.fullmatch(r"([1-9][0-9]{0,5})([mhd])", text, re.ASCII)
    if match is None:
        raise BadWindow(f"'{text[:40]}' is not a span of time like 30m, 24h or 7d.")
    span = int(match[1]) * _UNITS[match[2]]
    if span > LONGEST:
        raise BadWindow(f"'{text}' is longer than the {LONGEST.days} days that are kept.")
    return span


def last(text: str, now: datetime) -> Window:
    """The window of that length that ends now. It begins on a whole minute, as the rollups do."""
    start = _whole_minute(now - parse_span(text))
    return Window(text, start, now, now)


def between(start: datetime, end: datetime, now: datetime) -> Window:
    """The window between two times; nothing is known about the future, so it ends now at the latest."""
    end = min(end, now)
    if start >= end:
        raise BadWindow("The window ends before it begins.")
    if end - start > LONGEST:
        raise BadWindow(f"The window is longer than the {LONGEST.days} days that are kept.")
    return Window("custom", _whole_minute(start), end, now)


def parse_moment(text: str, now: datetime, name: str) -> datetime:
    """A time with its zone in ISO 8601, or a span back from now like '1h'."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            return now - parse_span(text)
        except BadWindow as error:
            raise BadWindow(f"'{name}' is '{text[:40]}', neither a time like 2026-11-26T11:00:00Z nor a span like 1h.") from error
    if moment.tzinfo is None:
        raise BadWindow(f"'{name}' is '{text[:40]}', a time without its zone.")
    return moment


def _whole_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
