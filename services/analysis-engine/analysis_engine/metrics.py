"""What Prometheus is told."""

from .desk import Desk


def metrics_text(desk: Desk) -> str:
    lines = [
        "# HELP analysis_engine_reports_total Reports made.",
        "# TYPE analysis_engine_reports_total counter",
        f"analysis_engine_reports_total {desk.made}",
        "# HELP analysis_engine_reports_failed_total Reports that the database did not answer for.",
        "# TYPE analysis_engine_reports_failed_total counter",
        f"analysis_engine_reports_failed_total {desk.failed}",
    ]
    if desk.last_seconds is not None:
        lines += [
            "# HELP analysis_engine_report_seconds How long the last report took to make.",
            "# TYPE analysis_engine_report_seconds gauge",
            f"analysis_engine_report_seconds {desk.last_seconds:.6f}",
        ]
    return "\n".join(lines) + "\n"
