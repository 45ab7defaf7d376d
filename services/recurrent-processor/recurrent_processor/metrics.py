"""What Prometheus is told."""

from typing import Any


def metrics_text(shown: dict[str, Any]) -> str:
    lines = [
        "# HELP recurrent_processor_turns_total Times that all series were looked at.",
        "# TYPE recurrent_processor_turns_total counter",
        f"recurrent_processor_turns_total {shown['turns']}",
        "# HELP recurrent_processor_series Series by what is known of them.",
        "# TYPE recurrent_processor_series gauge",
    ]
    for state in ("waiting for data", "training", "trained"):
        lines.append(f'recurrent_processor_series{{state="{state}"}} {sum(e["state"] == state for e in shown["series"])}')
    for name, key, says in (
        ("recurrent_processor_model_error_ms", "model_error", "Mean absolute error of the forecast, on data it did not learn from."),
        ("recurrent_processor_baseline_error_ms", "baseline_error", "The same of the better naive forecast."),
    ):
        known = [e for e in shown["series"] if e[key] is not None]
        if known:
            lines += [f"# HELP {name} {says}", f"# TYPE {name} gauge"]
            lines += [f'{name}{{series="{_label(e["name"])}"}} {e[key]:.6f}' for e in known]
    return "\n".join(lines) + "\n"


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
