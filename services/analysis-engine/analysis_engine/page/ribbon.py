"""One service's time line: when it was up, partly failing, down, or not measured."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from ..facts import Bucket, Event, Outage
from ..marks import marking_of
from ..report import ServiceReport
from ..windows import MINUTE, Window
from ..words import show_duration, show_percent
from .markup import percent_at, shorten, show_time, text

# Failed probes that no outage explains, in minutes of a bucket, before it is shown: a single late answer is no news.
_NOTICEABLE = 0.1
# Closer than this share of the window, two spans are one to the eye.
_APART = 0.002


class Run(NamedTuple):
    state: str
    start: datetime
    end: datetime
    down: timedelta


def ribbon(service: ServiceReport, window: Window, events: list[Event]) -> str:
    """An SVG whose x positions are percentages: it stretches without distorting what stands on it."""
    parts = [f'<svg class="ribbon" role="img" aria-label="{text(_in_words(service))}">']
    watched = percent_at(max(service.since, window.start), window.start, window.length)
    parts.append(f'<rect class="unknown" x="{watched}%" width="{round(100 - watched, 3)}%" y="2" height="20"/>')
    parts += [_rect(run.state, run.start, run.end, window, _run_title(run, window)) for run in runs(service, window)]
    parts += [_span("gap", crowd, window, "not measured") for crowd in _crowds(service.gaps, window)]
    parts += [_span("down", crowd, window, "down") for crowd in _crowds(service.outages, window)]
    parts += [_event_line(e, window) for e in events]
    return "".join(parts) + "</svg>"


def runs(service: ServiceReport, window: Window) -> Iterator[Run]:
    """Neighbouring buckets of the same state, as one."""
    current: Run | None = None
    for bucket in service.buckets:
        end = min(bucket.at + window.bucket, window.end)
        state = "partly" if _unexplained(bucket, service.outages, window) > _NOTICEABLE else "up"
        down = bucket.down * MINUTE
        if current is not None and current.state == state and current.end == bucket.at:
            current = Run(state, current.start, end, current.down + down)
            continue
        if current is not None:
            yield current
        current = Run(state, bucket.at, end, down)
    if current is not None:
        yield current


def _unexplained(bucket: Bucket, outages: list[Outage], window: Window) -> float:
    """Minutes of a bucket that failed outside of any outage. Whole minutes around an outage are its own: rollups are not finer."""
    end = bucket.at + window.bucket
    known = timedelta()
    for outage in outages:
        start, stop = max(outage.start - MINUTE, bucket.at), min((outage.end or window.end) + MINUTE, end)
        known += max(stop - start, timedelta())
    return bucket.down - known / MINUTE


def _crowds(spans: list[Outage], window: Window) -> list[list[Outage]]:
    """Spans that could not be told apart are drawn as one: a crash loop of a month has thousands."""
    crowds: list[list[Outage]] = []
    for span in spans:
        before = crowds[-1][-1] if crowds else None
        if before is not None and (span.start - (before.end or window.end)) / window.length < _APART:
            crowds[-1].append(span)
        else:
            crowds.append([span])
    return crowds


def _span(kind: str, crowd: list[Outage], window: Window, says: str) -> str:
    first, last = crowd[0], crowd[-1]
    end = last.end or window.end
    lasted = show_duration(sum(((s.end or window.now) - s.start for s in crowd), timedelta()))
    until = "now" if last.end is None else show_time(end, window)
    because = f": {shorten(first.because, 90)}" if first.because else ""
    times = f", {len(crowd)} times, {lasted} in all" if len(crowd) > 1 else f", {lasted}"
    return _rect(kind, first.start, end, window, f"{says} {show_time(first.start, window)} to {until}{times}{because}")


def _rect(kind: str, start: datetime, end: datetime, window: Window, title: str) -> str:
    left = percent_at(start, window.start, window.length)
    width = round(percent_at(end, window.start, window.length) - left, 3)
    # What is partly failing is shown lower, too: the state does not hang on a colour alone.
    y, height = {"down": (0, 24), "partly": (2, 20)}.get(kind, (2, 20))
    notch = f'<rect class="notch" x="{left}%" width="{width}%" y="2" height="9"/>' if kind == "partly" else ""
    return f'<g class="{kind}"><title>{text(title)}</title><rect x="{left}%" width="{width}%" y="{y}" height="{height}"/>{notch}</g>'


def _event_line(event: Event, window: Window) -> str:
    x = percent_at(event.at, window.start, window.length)
    return f'<line class="at {marking_of(event).mark}" x1="{x}%" x2="{x}%" y1="0" y2="24"/>'


def _run_title(run: Run, window: Window) -> str:
    says = "up" if run.state == "up" else f"partly failing, {show_duration(run.down)} in all"
    return f"{says} {show_time(run.start, window)} to {show_time(run.end, window)}"


def _in_words(service: ServiceReport) -> str:
    if service.availability.share is None:
        return f"{service.service.short}: not measured in this window"
    outages = ", ".join(show_duration((o.end or o.start) - o.start) for o in service.outages[:5] if o.end) or "none finished"
    return f"{service.service.short}: available {show_percent(service.availability.share)}, outages: {outages}"
