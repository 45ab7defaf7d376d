"""Latency series whose nature is known."""

import numpy as np

from recurrent_processor.grid import Grid, to_log

DAY = 1440
START = 1_764_000_000 // 86_400 * 86_400


def daily(days: int, noise: float, seed: int) -> np.ndarray:
    """A working day: slow rise and fall with a second hump, in ms, a value a minute."""
    turn = 2 * np.pi * np.arange(days * DAY) / DAY
    return (10 + 5 * np.sin(turn) + 2 * np.sin(3 * turn)) * _noise(days, noise, seed)


def humps(days: int, period: int, noise: float, seed: int) -> np.ndarray:
    """A wave of `period` minutes."""
    return (10 + 6 * np.sin(2 * np.pi * np.arange(days * DAY) / period)) * _noise(days, noise, seed)


def steps(days: int, period: int, noise: float, seed: int) -> np.ndarray:
    """A job that makes the first fifth of every period three times as slow."""
    return np.where(np.arange(days * DAY) % period < period // 5, 18.0, 6.0) * _noise(days, noise, seed)


def flat(days: int, noise: float, seed: int) -> np.ndarray:
    return 5 * _noise(days, noise, seed)


def wandering(days: int, seed: int) -> np.ndarray:
    """A random walk: nothing beats the last value, and nobody should claim to."""
    return np.exp(2 + np.cumsum(np.random.default_rng(seed).standard_normal(days * DAY)) * 0.02)


def filling(days: int, seed: int) -> np.ndarray:
    """Something that fills up, is slower the fuller it is, and is emptied at 30 ms: how fast it fills differs each time, so there is no season."""
    random = np.random.default_rng(seed)
    values: list[float] = []
    while len(values) < days * DAY:
        values += list(np.linspace(3, 30, int(random.integers(70, 160))))
    return np.array(values[: days * DAY]) * _noise(days, 0.05, seed)


def grid_of(ms: np.ndarray, missing: slice | None = None) -> Grid:
    values, probed = to_log(ms), np.ones(len(ms), dtype=bool)
    if missing is not None:
        values[missing], probed[missing] = np.nan, False
    return Grid(START, 60, values, probed)


def _noise(days: int, noise: float, seed: int) -> np.ndarray:
    return np.exp(noise * np.random.default_rng(seed).standard_normal(days * DAY))
