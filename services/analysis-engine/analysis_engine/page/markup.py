"""Writing HTML: what comes from outside is always escaped, and positions on a time line are percentages."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from html import escape

from ..as_json import moment
from ..report import ServiceReport
from ..windows import Window


def text(value: object) -> str:
    return escape(str(value), quote=True)


def lines(parts: Iterable[str]) -> str:
    return "\n".join(part for part in parts if part)


def shorten(value: str, most: int) -> str:
    return value if len(value) <= most else value[: most - 1].rstrip() + "…"


def percent_at(at: datetime, start: datetime, length: timedelta) -> float:
    return round(min(max((at - start) / length, 0.0), 1.0) * 100, 3)


def time_tag(at: datetime, window: Window) -> str:
    return f'<time datetime="{moment(at)}">{show_time(at, window)}</time>'


def show_time(at: datetime, window: Window) -> str:
    """As short as the window allows: the day only where there is more than one."""
    at = at.astimezone(UTC)
    if window.length <= timedelta(hours=2):
        return f"{at:%H:%M:%S}"
    return f"{at.day} {at:%b %H:%M}"


def label_of(service: ServiceReport, all_services: Iterable[ServiceReport]) -> str:
    """The service's name, with its stack where there is more than one."""
    stacks = {s.service.stack for s in all_services}
    name = text(service.service.short)
    return name if len(stacks) == 1 else f'{name} <span class="stack">{text(service.service.stack)}</span>'
