"""All services under one time axis, with the deploys and rollbacks on top: did a change cause it?"""

from datetime import datetime

from ..facts import Event
from ..marks import Mark, marking_of
from ..report import Report
from ..windows import Window
from ..words import show_percent
from .markup import label_of, lines, percent_at, shorten, show_time, text
from .ribbon import ribbon
from .ticks import place_ticks

# Shapes as well as colours: a triangle up is a deploy, one down a rollback, a cross a failed one, a dot a restart.
SYMBOLS = """<svg class="symbols" aria-hidden="true"><defs>
<path id="m-deploy" d="M0-5 5 4H-5Z"/><path id="m-rollback" d="M0 5 5-4H-5Z"/>
<path id="m-failed" d="M-4-4 4 4M4-4-4 4"/><circle id="m-restart" r="3"/><path id="m-trouble" d="M0-5 5 0 0 5-5 0Z"/>
<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" class="hatch"/></pattern>
</defs></svg>"""

_LEGEND: list[tuple[str, str]] = [("up", "up"), ("partly", "partly failing"), ("down", "down"), ("unknown", "not measured")]
_MOST_LINES = 12
_MARK_NAMES: dict[Mark, str] = {"deploy": "deploy", "rollback": "rollback", "failed": "failed deploy", "restart": "restart", "trouble": "trouble"}


def timeline(report: Report) -> str:
    rows = [
        f'<li><span class="name">{label_of(s, report.services)}</span>{ribbon(s, report.window, _concerning(report.events, s.service.stack))}'
        f'<span class="number">{show_percent(s.availability.share)}</span></li>'
        for s in report.services
    ]
    return lines(
        [
            '<section aria-labelledby="h-time"><h2 id="h-time">Time line</h2>',
            SYMBOLS,
            '<ul class="timeline">',
            f'<li class="lane"><span class="name">changes</span>{_lane(report)}<span></span></li>',
            *rows,
            f'<li class="axis" aria-hidden="true"><span></span>{axis(report.window.start, report.window.end)}<span></span></li>',
            "</ul>",
            _legend(report),
            "</section>",
        ]
    )


def axis(start: datetime, end: datetime, most: int = 8) -> str:
    """Every second label is one that a narrow screen leaves out."""
    labels = []
    for index, tick in enumerate(place_ticks(start, end, most)):
        x = percent_at(tick.at, start, end - start)
        anchor = "start" if x < 3 else "end" if x > 97 else "middle"
        labels.append(f'<line x1="{x}%" x2="{x}%" y1="0" y2="4"/><text{' class="spare"' if index % 2 and most > 4 else ""} x="{x}%" y="16" text-anchor="{anchor}">{tick.label}</text>')
    return f'<svg class="ticks">{"".join(labels)}</svg>'


def _lane(report: Report) -> str:
    marks = "".join(_mark(found, report.window) for found in _crowds(report.events, report.window))
    return f'<svg class="marks" role="img" aria-label="{len(report.events)} changes, listed below"><line class="base" x1="0" x2="100%" y1="9" y2="9"/>{marks}</svg>'


def _crowds(events: list[Event], window: Window) -> list[list[Event]]:
    """Events of one sort that would lie on top of each other, as one mark; newest events come last and so lie on top."""
    found: dict[tuple[Mark, int], list[Event]] = {}
    for event in reversed(events):
        place = int(percent_at(event.at, window.start, window.length))
        found.setdefault((marking_of(event).mark, place), []).append(event)
    return list(found.values())


def _mark(crowd: list[Event], window: Window) -> str:
    first = crowd[0]
    mark = marking_of(first)
    x = percent_at(first.at, window.start, window.length)
    titles = [f"{show_time(e.at, window)} {marking_of(e).says}: {shorten(e.detail or e.service or e.stack, 90)}" for e in crowd[:4]]
    more = [f"and {len(crowd) - 4} more"] if len(crowd) > 4 else []
    return f'<g class="mark {mark.mark}"><title>{text(chr(10).join(titles + more))}</title><use href="#m-{mark.mark}" x="{x}%" y="9"/></g>'


def _concerning(events: list[Event], stack: str) -> list[Event]:
    """Deploys and rollbacks of the service's stack; where there are too many for lines, the marks on top have to do."""
    found = [e for e in events if e.stack == stack and marking_of(e).mark in ("deploy", "rollback")]
    return found if len(found) <= _MOST_LINES else []


def _legend(report: Report) -> str:
    states = "".join(f'<li><svg class="key"><g class="{c}"><rect width="14" height="10"/></g></svg>{says}</li>' for c, says in _LEGEND)
    present = {marking_of(e).mark for e in report.events}
    marks = "".join(
        f'<li><svg class="key"><g class="mark {m}"><use href="#m-{m}" x="7" y="5"/></g></svg>{says}</li>' for m, says in _MARK_NAMES.items() if m in present
    )
    return f'<ul class="legend">{states}{marks}</ul>'
