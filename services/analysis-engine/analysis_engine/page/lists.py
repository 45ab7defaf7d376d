"""What happened, one line each: outages, and changes that were made."""

from ..facts import Event, Outage
from ..marks import marking_of
from ..report import Report, ServiceReport
from ..words import show_duration
from .markup import label_of, lines, shorten, text, time_tag

_MOST = 12


def happened(report: Report) -> str:
    return f'<div class="pair">{_outages(report)}{_changes(report)}</div>'


def _outages(report: Report) -> str:
    found = sorted(((o, s) for s in report.services for o in s.outages), key=lambda pair: pair[0].start, reverse=True)
    rows = [_outage(o, s, report) for o, s in found[:_MOST]]
    return _list("outages", "Outages", rows, len(found), "No outage in this window.")


def _outage(outage: Outage, service: ServiceReport, report: Report) -> str:
    lasted = show_duration((outage.end or report.window.now) - outage.start)
    length = f'<b class="below">{lasted}, going on</b>' if outage.end is None else f"<b>{lasted}</b>"
    why = f'<span class="why">{text(shorten(outage.because, 160))}</span>' if outage.because else ""
    return f"<li>{time_tag(outage.start, report.window)}<span>{label_of(service, report.services)} down for {length}{why}</span></li>"


def _changes(report: Report) -> str:
    rows = [_change(e, report) for e in report.events[:_MOST]]
    return _list("changes", "Changes", rows, len(report.events), "Nothing was deployed, rolled back or restarted in this window.")


def _change(event: Event, report: Report) -> str:
    marking = marking_of(event)
    what = f"generation {event.generation}" if event.generation is not None else (event.service or "").removesuffix(".service") or event.stack
    key = f'<svg class="key" aria-hidden="true"><g class="mark {marking.mark}"><use href="#m-{marking.mark}" x="7" y="5"/></g></svg>'
    why = f'<span class="why">{text(shorten(event.detail, 160))}</span>' if event.detail else ""
    of = f' <span class="stack">{text(event.stack)}</span>' if len({s.service.stack for s in report.services}) > 1 else ""
    return f"<li>{time_tag(event.at, report.window)}<span>{key}{text(marking.says)} <b>{text(what)}</b>{of}{why}</span></li>"


def _list(name: str, heading: str, rows: list[str], total: int, empty: str) -> str:
    more = f'<p class="hint">The newest {_MOST} of {total}; all of them are in <a href="report.json?window=WINDOW">report.json</a>.</p>' if total > _MOST else ""
    body = f'<ol class="happened">{"".join(rows)}</ol>' if rows else f'<p class="empty">{empty}</p>'
    return lines([f'<section aria-labelledby="h-{name}"><h2 id="h-{name}">{heading}</h2>', body, more, "</section>"])
