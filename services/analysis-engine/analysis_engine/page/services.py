"""The table of services: on a phone each row becomes a card, so every cell knows its own heading."""

from ..report import Report, ServiceReport
from ..words import show_duration, show_percent, show_share, show_target
from .markup import label_of, lines

_HEADINGS = ("Service", "Availability", "Down", "Outages", "MTTR", "MTBF", "Error budget left", "Measured")


def services_table(report: Report) -> str:
    budget = show_duration(report.services[0].budget.allowed) if report.services else ""
    return lines(
        [
            '<section aria-labelledby="h-services"><h2 id="h-services">Services</h2>',
            f'<table class="services"><caption>Target {show_target(report.target)}: {budget} of failure allowed in this window, to each service.</caption>',
            f"<thead><tr>{''.join(f'<th scope=col>{h}</th>' for h in _HEADINGS)}</tr></thead><tbody>",
            *(_row(s, report) for s in report.services),
            "</tbody></table></section>",
        ]
    )


def _row(service: ServiceReport, report: Report) -> str:
    name = f'<th scope="row">{label_of(service, report.services)}</th>'
    if service.availability.share is None:
        return f'<tr class="unmeasured">{name}<td colspan="7" data-label="">no data yet in this window</td></tr>'
    tone = "" if service.meets_target else "below"
    outages = str(service.repair.outages) + (" (now)" if service.repair.ongoing else "")
    cells = [
        (_HEADINGS[1], f'<span class="{tone}">{show_percent(service.availability.share)}</span>' if tone else show_percent(service.availability.share)),
        (_HEADINGS[2], show_duration(service.availability.down)),
        (_HEADINGS[3], outages),
        (_HEADINGS[4], show_duration(service.repair.mttr)),
        (_HEADINGS[5], show_duration(service.repair.mtbf)),
        (_HEADINGS[6], _budget(service)),
        (_HEADINGS[7], show_share(service.availability.coverage)),
    ]
    return f"<tr>{name}{''.join(f'<td data-label="{label}">{value}</td>' for label, value in cells)}</tr>"


def _budget(service: ServiceReport) -> str:
    left = service.budget.left
    if left < 0:
        return f'<span class="meter"><svg aria-hidden="true"><rect class="track spent" width="100%" height="6" rx="3"/></svg><span class="below">over by {show_duration(-left * service.budget.allowed)}</span></span>'
    tone = "low" if left < 0.25 else "fine"
    return f'<span class="meter"><svg aria-hidden="true"><rect class="track" width="100%" height="6" rx="3"/><rect class="{tone}" width="{round(left * 100, 1)}%" height="6" rx="3"/></svg><span>{show_share(left)}</span></span>'
