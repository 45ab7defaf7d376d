"""Which report a request asks for."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from phoenix_service.refused import Refused
from phoenix_service.settings import BadSetting

from .config import parse_target
from .windows import BadWindow, Window, between, last, parse_moment, parse_span

DEFAULT_WINDOW = "24h"


class Asked(NamedTuple):
    key: str
    choose: Callable[[datetime], Window]
    target: float


def read_asked(query: Mapping[str, str], target: float) -> Asked:
    """From `window=24h`, or `from=` with an optional `to=`; and `target=99.95`."""
    chosen = _target(query["target"]) if "target" in query else target
    if "from" in query or "to" in query:
        if "window" in query:
            raise Refused(400, "Give either a window or from and to.", "window")
        start, end = query.get("from", DEFAULT_WINDOW), query.get("to")
        return Asked(f"{start}/{end}", lambda now: _between(start, end, now), chosen)
    name = query.get("window", DEFAULT_WINDOW)
    try:
        parse_span(name)
    except BadWindow as error:
        raise Refused(400, str(error), "window") from error
    return Asked(name, lambda now: last(name, now), chosen)


def _between(start: str, end: str | None, now: datetime) -> Window:
    try:
        return between(parse_moment(start, now, "from"), now if end is None else parse_moment(end, now, "to"), now)
    except (BadWindow, OverflowError) as error:
        raise Refused(400, str(error), "from") from error


def _target(text: str) -> float:
    try:
        return parse_target(text, "target")
    except BadSetting as error:
        raise Refused(400, str(error), "target") from error
