"""Metrics in Prometheus' text format."""

from collections.abc import Iterable, Mapping
from typing import Literal

from starlette.responses import PlainTextResponse, Response

Sample = tuple[Mapping[str, str], float]


def family(name: str, about: str, kind: Literal["counter", "gauge"], samples: Iterable[Sample] | float) -> list[str]:
    """One metric: a number, or one for each set of labels. Without any, nothing is said of it."""
    found = [({}, samples)] if isinstance(samples, int | float) else list(samples)
    if not found:
        return []
    return [f"# HELP {name} {about}", f"# TYPE {name} {kind}", *(f"{name}{_labels(labels)} {value:.15g}" for labels, value in found)]


def answer(*families: list[str]) -> Response:
    text = "".join(f"{line}\n" for lines in families for line in lines)
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


def _labels(labels: Mapping[str, str]) -> str:
    inner = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())
    return f"{{{inner}}}" if inner else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
