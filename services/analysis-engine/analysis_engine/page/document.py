"""The page itself: its parts in order, its style and script inside, and a policy that lets nothing else in."""

import hashlib
from base64 import b64encode
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from ..report import Report
from ..words import show_target
from .heading import tiles, verdict, window_links
from .latency import latency_charts
from .lists import happened
from .markup import lines, text, time_tag
from .services import services_table
from .timeline import timeline

_HERE = Path(__file__).parent


@cache
def _style() -> str:
    """In the order of their numbers: later rules may narrow earlier ones."""
    return "".join(path.read_text(encoding="utf-8") for path in sorted((_HERE / "style").glob("*.css")))


@cache
def _script() -> str:
    return (_HERE / "page.js").read_text(encoding="utf-8")


@cache
def content_security_policy() -> str:
    """Only this page's own style and script, by digest: markup that slipped in through a name could not run anything."""

    def digest(text: str) -> str:
        return b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; style-src 'sha256-{digest(_style())}'; script-src 'sha256-{digest(_script())}'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


def report_page(report: Report) -> str:
    if not report.services:
        return _document(report.window.name, "Nothing is watched yet", _nothing_watched(), report.window.now)
    if not report.measured:
        return _document(report.window.name, "No data yet in this window", _nothing_measured(report), report.window.now)
    tone, says = verdict(report)
    body = lines(
        [
            f'<p class="verdict {tone}">{says}.</p>',
            tiles(report),
            timeline(report),
            services_table(report),
            latency_charts(report),
            happened(report).replace("WINDOW", text(report.window.name)),
        ]
    )
    return _document(report.window.name, "Availability", body, report.window.now, report)


def trouble_page(window: str, reason: str, now: datetime) -> str:
    """What a person sees instead of a report when it cannot be made just now."""
    body = (
        f'<p class="verdict bad">There is no report just now.</p><div class="blank"><p>{text(reason)} This page tries again every 10 seconds. '
        "<code>phoenix status</code> tells which service has trouble, and <code>phoenix why db</code> what is known about it.</p></div>"
    )
    return _document(window, "No report", body, now, retry=True)


def _nothing_watched() -> str:
    return (
        '<p class="verdict">Nothing is watched yet.</p><div class="blank"><p>No probe sample has arrived so far. Phoenix’s agent sends them to the gap-detector: '
        "see <code>telemetry:</code> in its configuration. The first ones show up here within a minute.</p></div>"
    )


def _nothing_measured(report: Report) -> str:
    names = ", ".join(text(s.service.short) for s in report.services)
    return (
        f'<p class="verdict">No data yet in this window.</p><div class="blank"><p>No probe of {names} was recorded since '
        f"{time_tag(report.window.start, report.window)} UTC. A longer window may have some; if samples should be arriving, "
        "<code>phoenix status</code> tells whether the agent and the gap-detector run.</p></div>"
    )


def _document(window: str, title: str, body: str, now: datetime, report: Report | None = None, retry: bool = False) -> str:
    refresh = '<meta http-equiv="refresh" content="10">' if retry else ""
    foot = _explanations(report) if report is not None else ""
    stacks = sorted({s.service.stack for s in report.services}) if report is not None else []
    of = f'<p class="of">{text(", ".join(stacks))}</p>' if stacks else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{refresh}<title>{text(title)} · {text(window)} · Phoenix</title>
<link rel="icon" href="data:,">
<style>{_style()}</style>
</head>
<body>
<header><div><h1>Availability</h1>{of}</div>{window_links(window)}</header>
<main>
{body}
</main>
<footer>{foot}<p>Made at <time datetime="{now.astimezone(UTC).isoformat(timespec="seconds")}">{now.astimezone(UTC):%Y-%m-%d %H:%M:%S}</time>. All times are UTC.
The same as data: <a href="report.json?window={text(window)}">report.json</a></p></footer>
<div id="tip" hidden></div>
<script>{_script()}</script>
</body>
</html>
"""


def _explanations(report: Report) -> str:
    return (
        "<details><summary>How these numbers are made</summary><ul>"
        "<li><b>Availability</b>: a minute counts by the share of its probes that succeeded, by the worst probe where a service has several. Minutes in which no probe "
        "could ask are not measured; they are neither up nor down.</li>"
        "<li><b>Outage</b>: failures in a row, as the gap-detector finds them. <b>MTTR</b> is their mean length, <b>MTBF</b> the time up divided by their number.</li>"
        f"<li><b>Error budget</b>: what the target of {show_target(report.target)} lets fail in the whole window; single failed probes spend it, too.</li></ul></details>"
    )
