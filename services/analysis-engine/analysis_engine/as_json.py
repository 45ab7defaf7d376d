"""The report for programs: ISO times in UTC, durations in seconds, shares from 0 to 1."""

from datetime import UTC, datetime, timedelta
from typing import Any

from .availability import Availability, Budget
from .facts import Event
from .incidents import Repair
from .marks import marking_of
from .report import Report, ServiceReport


def summary_json(report: Report) -> dict[str, Any]:
    """The numbers without the charts: what a task keeps as its result."""
    return {
        "window": {"name": report.window.name, "from": moment(report.window.start), "to": moment(report.window.end)},
        "target": report.target,
        "availability": _availability(report.availability),
        "repair": _repair(report.repair),
        "services": [_service(s) for s in report.services],
    }


def full_json(report: Report) -> dict[str, Any]:
    """Everything on the page."""
    whole = summary_json(report)
    for entry, service in zip(whole["services"], report.services, strict=True):
        entry["outages"] = [
            {"from": moment(o.start), "to": None if o.end is None else moment(o.end), "because": o.because} for o in service.outages
        ]
        entry["buckets"] = [{"at": moment(b.at), "measured_minutes": b.minutes, "down_minutes": round(b.down, 3)} for b in service.buckets]
        entry["latency"] = [{"at": moment(v.at), "mean_ms": round(v.mean, 3), "max_ms": round(v.highest, 3)} for v in service.latencies]
        entry["forecast"] = [
            {"at": moment(f.at), "latency_ms": round(f.value, 3), "low_ms": round(f.low, 3), "high_ms": round(f.high, 3)}
            for f in service.forecast
        ]
    return whole | {"bucket_seconds": report.window.bucket.total_seconds(), "events": [_event(e) for e in report.events]}


def moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _service(report: ServiceReport) -> dict[str, Any]:
    return {
        "stack": report.service.stack,
        "service": report.service.name,
        "meets_target": report.meets_target,
        "availability": _availability(report.availability),
        "budget": _budget(report.budget),
        "repair": _repair(report.repair),
    }


def _availability(value: Availability) -> dict[str, Any]:
    return {
        "share": None if value.share is None else round(value.share, 8),
        "measured_seconds": seconds(value.measured),
        "down_seconds": seconds(value.down),
        "coverage": None if value.coverage is None else round(value.coverage, 4),
    }


def _budget(value: Budget) -> dict[str, Any]:
    return {
        "allowed_seconds": seconds(value.allowed),
        "spent_seconds": seconds(value.spent),
        "left": round(value.left, 4),
        "burn_rate": None if value.burn is None else round(value.burn, 3),
    }


def _repair(value: Repair) -> dict[str, Any]:
    return {
        "outages": value.outages,
        "ongoing": value.ongoing,
        "mttr_seconds": None if value.mttr is None else seconds(value.mttr),
        "mtbf_seconds": None if value.mtbf is None else seconds(value.mtbf),
        "longest_seconds": None if value.longest is None else seconds(value.longest),
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "at": moment(event.at),
        "stack": event.stack,
        "service": event.service,
        "kind": event.kind,
        "mark": marking_of(event).mark,
        "generation": event.generation,
        "detail": event.detail,
    }


def seconds(span: timedelta) -> float:
    return round(span.total_seconds(), 3)
