"""Times as people and JSON write them. Inside, a time is a whole number of milliseconds since 1970, UTC."""

import re
import time
from datetime import UTC, datetime

from phoenix_service.refused import Refused

_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SPAN = re.compile(r"([0-9]{1,6})([smhd])")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def to_iso(at_ms: int | None) -> str | None:
    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> int:
    """Milliseconds of an ISO 8601 time with a zone; ValueError with the reason otherwise."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text[:40]}' is not an ISO 8601 time") from None
    if at.tzinfo is None:
        raise ValueError(f"'{text[:40]}' has no time zone")
    return round(at.timestamp() * 1000)


def parse_when(text: str, now: int, field: str) -> int:
    """A time, or a span that is counted back from now: `90m` is one and a half hours ago."""
    span = _SPAN.fullmatch(text)
    if span:
        return max(0, now - int(span[1]) * _UNITS[span[2]])
    try:
        return parse_iso(text)
    except (ValueError, OverflowError):
        raise Refused(400, f"{field} is '{text[:40]}', neither a time like 2026-11-26T11:00:00Z nor a span like 90m", field) from None


def parse_window(start: str | None, end: str | None, now: int, default: str = "24h") -> tuple[int, int]:
    """From and to, both optional."""
    begins = parse_when(start if start is not None else default, now, "from")
    ends = now if end is None else parse_when(end, now, "to")
    if begins >= ends:
        raise Refused(400, "from is not before to", "from")
    return begins, ends
