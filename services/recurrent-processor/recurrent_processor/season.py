"""After how many steps a series repeats itself, if it does."""

import numpy as np

# How alike the series must be to itself a season earlier.
_LEAST = 0.35
_DAY_SECONDS = 86_400


def find_season(values: np.ndarray, step: int, shortest: int) -> int | None:
    """By autocorrelation. Seasons shorter than the horizon are found as a multiple of them: the last one must be known already."""
    longest = int(len(values) / 2.2)
    known = np.isfinite(values)
    if longest <= shortest or known.sum() < 3 * shortest:
        return None
    correlation = _autocorrelation(np.where(known, values - values[known].mean(), 0.0), known, longest + 1)
    # Near values are alike in any slow series. Only what comes back after it was gone is a season.
    gone = np.flatnonzero(correlation < 0.1)
    first = max(shortest, int(gone[0]) if len(gone) else longest + 1)
    if first >= longest:
        return None
    best = first + int(np.argmax(correlation[first:]))
    if correlation[best] < _LEAST:
        return None
    # Its multiples are alike just as much; the shortest of them has most examples. It is where the correlation peaks first.
    peaks = [i for i in range(first, best) if correlation[i] >= 0.93 * correlation[best] and correlation[i] == correlation[max(i - 5, 0) : i + 6].max()]
    season = _refined(correlation, peaks[0] if peaks else best)
    day = _DAY_SECONDS // step
    return day if abs(season - day) <= 0.03 * day else season


def _refined(correlation: np.ndarray, season: int) -> int:
    """A step too long would add up over the seasons: the one that fits all of its multiples best is taken."""

    def likeness(candidate: int) -> float:
        return float(np.mean(correlation[candidate::candidate]))

    return max(range(max(2, season - 2), min(season + 3, len(correlation))), key=likeness)


def _autocorrelation(centred: np.ndarray, known: np.ndarray, lags: int) -> np.ndarray:
    """Of the pairs that are both known, so that holes do not look like likeness."""
    size = 1 << (2 * len(centred) - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    products = np.fft.irfft(spectrum * np.conj(spectrum), size)[:lags]
    counted = np.fft.rfft(known.astype(float), size)
    pairs = np.maximum(np.fft.irfft(counted * np.conj(counted), size)[:lags], 1.0)
    return (products / pairs) / max(products[0] / pairs[0], 1e-12)
