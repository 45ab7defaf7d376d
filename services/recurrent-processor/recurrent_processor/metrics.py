"""What Prometheus is told."""

from typing import Any

from phoenix_service.prometheus import family

_ERRORS = (
    ("recurrent_processor_model_error_ms", "model_error", "Mean absolute error of the forecast, on data it did not learn from."),
    ("recurrent_processor_baseline_error_ms", "baseline_error", "The same of the better naive forecast."),
)
_STATES = ("waiting for data", "training", "trained")


def metrics(shown: dict[str, Any]) -> list[list[str]]:
    series = shown["series"]
    counts = [({"state": state}, sum(entry["state"] == state for entry in series)) for state in _STATES]
    return [
        family("recurrent_processor_turns_total", "Times that all series were looked at.", "counter", shown["turns"]),
        family("recurrent_processor_series", "Series by what is known of them.", "gauge", counts),
        *(
            family(name, about, "gauge", [({"series": entry["name"]}, entry[key]) for entry in series if entry[key] is not None])
            for name, key, about in _ERRORS
        ),
    ]
