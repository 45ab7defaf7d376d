"""What Prometheus is told."""

from phoenix_service.prometheus import family

from .desk import Desk


def metrics(desk: Desk) -> list[list[str]]:
    last = [] if desk.last_seconds is None else desk.last_seconds
    return [
        family("analysis_engine_reports_total", "Reports made.", "counter", desk.made),
        family("analysis_engine_reports_failed_total", "Reports that the database did not answer for.", "counter", desk.failed),
        family("analysis_engine_report_seconds", "How long the last report took to make.", "gauge", last),
    ]
