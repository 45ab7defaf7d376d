"""How fast each service answered its probes, and what the recurrent-processor expects of the next hour."""

import math
from datetime import datetime, timedelta

from ..facts import Forecast, Latency
from ..report import Report, ServiceReport
from ..words import show_latency
from .markup import label_of, lines, text
from .timeline import axis

# Beyond this a forecast of one hour is too narrow to be seen.
_LONGEST_WITH_FORECAST = timedelta(hours=48)
_HOUR = timedelta(hours=1)


def latency_charts(report: Report) -> str:
    shown = [s for s in report.services if s.latencies]
    if not shown:
        return ""
    forecasts = report.window.length <= _LONGEST_WITH_FORECAST and any(s.forecast for s in shown)
    note = "Line: mean of each interval. Shade: the slowest answer." + (" Dashed: forecast of the next hour, with the range expected for 9 answers of 10." if forecasts else "")
    return lines(
        [
            '<section aria-labelledby="h-latency"><h2 id="h-latency">Latency</h2>',
            f'<p class="hint">{note}</p><div class="charts">',
            *(_chart(s, report, forecasts) for s in shown),
            "</div></section>",
        ]
    )


def nice_ceiling(value: float) -> float:
    """The next of 1, 2, 5, 10 … that is not less."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * 0.9999)


def _chart(service: ServiceReport, report: Report, with_forecast: bool) -> str:
    window = report.window
    end = window.end + _HOUR if with_forecast else window.end
    forecast = service.forecast if with_forecast else []
    top = _scale(service.latencies, forecast)

    def place(at: datetime, ms: float) -> str:
        x = (at - window.start) / (end - window.start) * 1000
        return f"{x:.1f} {100 - min(max(ms, 0) / top, 1) * 100:.1f}"

    pieces = _pieces(service.latencies, window.bucket)
    half = window.bucket / 2
    shade = "".join(_area([place(v.at + half, v.highest) for v in p], place(p[0].at + half, 0), place(p[-1].at + half, 0)) for p in pieces)
    line = "".join("M" + "L".join(place(v.at + half, v.mean) for v in p) + ("h.1" if len(p) == 1 else "") for p in pieces)
    mean = sum(v.mean for v in service.latencies) / len(service.latencies)
    highest = max(v.highest for v in service.latencies)
    says = f"{service.service.short}: mean {show_latency(mean)}, slowest {show_latency(highest)}"
    return lines(
        [
            f'<figure><figcaption><b>{label_of(service, report.services)}</b><span class="figures">mean {show_latency(mean)} · max {show_latency(highest)}</span></figcaption>',
            f'<div class="plot"><span class="top">{show_latency(top)}</span>',
            f'<svg class="latency" viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label="{text(says)}">',
            '<path class="grid" d="M0 .5H1000M0 50H1000M0 99.5H1000"/>',
            f'<path class="shade" d="{shade}"/><path class="mean" d="{line}"/>',
            _forecast(forecast, place, window.end) if forecast else "",
            "</svg></div>",
            axis(window.start, end, 4),
            "</figure>",
        ]
    )


def _scale(latencies: list[Latency], forecast: list[Forecast]) -> float:
    """One slow answer must not flatten the line: beyond three times the highest mean the shade is cut off."""
    means = max([v.mean for v in latencies] + [f.value for f in forecast])
    highest = max([v.highest for v in latencies] + [f.high for f in forecast])
    return nice_ceiling(min(highest * 1.05, means * 3))


def _forecast(forecast: list[Forecast], place, now: datetime) -> str:
    upper = [place(f.at, f.high) for f in forecast]
    lower = [place(f.at, f.low) for f in reversed(forecast)]
    x = place(now, 0).split()[0]
    return (
        f'<path class="range" d="M{"L".join(upper + lower)}Z"/><path class="expected" d="M{"L".join(place(f.at, f.value) for f in forecast)}"/>'
        f'<path class="now" d="M{x} 0V100"/>'
    )


def _pieces(values: list[Latency], bucket: timedelta) -> list[list[Latency]]:
    """The line is broken where nothing was measured, instead of being drawn across."""
    pieces: list[list[Latency]] = []
    for value in values:
        if pieces and value.at - pieces[-1][-1].at <= bucket:
            pieces[-1].append(value)
        else:
            pieces.append([value])
    return pieces


def _area(points: list[str], first: str, last: str) -> str:
    return f"M{first}L{'L'.join(points)}L{last}Z"
