"""The top of the page: which window, the verdict in one sentence, and the five numbers that people ask for first."""

from ..report import Report
from ..windows import OFFERED
from ..words import count, show_duration, show_percent, show_share, show_target
from .markup import lines, text, time_tag

_NAMES = {"1h": "1 hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}


def window_links(current: str) -> str:
    links = (
        f'<a href="?window={w}"{" aria-current=page" if w == current else ""}>{_NAMES[w]}</a>' for w in OFFERED
    )
    return f'<nav aria-label="Window">{"".join(links)}</nav>'


def verdict(report: Report) -> tuple[str, str]:
    """How the window went: a tone for the colour, and the sentence."""
    down = [s for s in report.services if s.repair.ongoing]
    target = show_target(report.target)
    measured = len(report.measured)
    if down:
        since = min(o.start for s in down for o in s.outages if o.end is None)
        names = " and ".join(text(s.service.short) for s in down[:2]) if len(down) <= 2 else count(len(down), "service")
        verb = "is" if len(down) == 1 else "are"
        return "bad", f"{names} {verb} down, since {time_tag(since, report.window)} ({show_duration(report.window.now - since)})"
    missing = report.missing_target
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        who = text(missing[0].service.short) if len(missing) == 1 else f"{len(missing)} of {count(measured, 'service')}"
        return "warn", f"{who} {verb} below the target of {target}"
    if measured == 1:
        return "good", f"{text(report.measured[0].service.short)} meets the target of {target}"
    return "good", f"All {measured} services meet the target of {target}"


def tiles(report: Report) -> str:
    repair, worst = report.repair, report.worst
    going_on = f"{repair.ongoing} going on" if repair.ongoing else "none going on"
    longest = f"longest {show_duration(repair.longest)}" if repair.longest is not None else "no outage in this window"
    budget = "–" if worst is None else ("overspent" if worst.budget.left < 0 else show_share(worst.budget.left))
    least = "" if worst is None else f"{text(worst.service.short)}: {show_duration(worst.budget.spent)} of {show_duration(worst.budget.allowed)} spent"
    tone = "bad" if worst is not None and worst.budget.left < 0 else ""
    return lines(
        [
            '<dl class="tiles">',
            _tile("Availability", show_percent(report.availability.share), f"{show_duration(report.availability.down)} down, all services together"),
            _tile("Outages", str(repair.outages), going_on if repair.outages else "a clean window", "bad" if repair.ongoing else ""),
            _tile("Mean time to repair", show_duration(repair.mttr), longest, term="MTTR"),
            _tile("Mean time between failures", show_duration(repair.mtbf), "service time up, per outage" if repair.outages else "no outage to measure by", term="MTBF"),
            _tile("Least error budget left", budget, least, tone),
            "</dl>",
        ]
    )


def _tile(name: str, value: str, note: str, tone: str = "", term: str = "") -> str:
    label = f'{name} <abbr title="{name}">{term}</abbr>' if term else name
    return f'<div class="{("tile " + tone).strip()}"><dt>{label}</dt><dd class="value">{value}</dd><dd class="note">{note}</dd></div>'
