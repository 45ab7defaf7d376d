"""One small network for all series: it says what score to expect next from the sixteen before. What it expects is no anomaly, so a
job that slows a service down every minute is not reported every minute."""

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

CONTEXT = 16
LEAST_WINDOWS = 512
_MOST_WINDOWS = 32_768
_STEPS = 400
_BATCH = 256
_CLIP = 8.0


class Expectation:
    """A trained network, and how far off it usually is. Never changed after training, so every thread may use it."""

    def __init__(self, network: torch.nn.Module, scale: float, windows: int, loss: float) -> None:
        self._network = network
        self._scale = scale
        self.windows = windows
        self.loss = loss

    def surprise(self, scores: NDArray[np.float32], places: NDArray[np.intp]) -> NDArray[np.float32]:
        """How far each of these scores lies above what was to be expected there, in usual errors."""
        windows = np.lib.stride_tricks.sliding_window_view(_clipped(scores), CONTEXT)
        with torch.inference_mode():
            inputs = torch.from_numpy(windows[np.maximum(places - CONTEXT, 0)].copy())
            expected = self._network(inputs).squeeze(1).numpy()
        surprise = (scores[places] - expected) / np.float32(self._scale)
        # Too early in the series to have a context: the score speaks for itself.
        return np.where(places >= CONTEXT, surprise, scores[places])


def train(series: Sequence[NDArray[np.float32]], seconds: float, stopped: Callable[[], bool]) -> Expectation | None:
    """Learns for at most so many seconds; None while there is too little to learn from, or when stopped."""
    usable = [_clipped(scores) for scores in series if len(scores) > CONTEXT]
    total = sum(len(scores) - CONTEXT for scores in usable)
    if total < LEAST_WINDOWS:
        return None
    share = np.random.default_rng(7)
    windows = np.concatenate([_sample(scores, total, share) for scores in usable])
    with torch.random.fork_rng():
        torch.manual_seed(7)
        network = torch.nn.Sequential(torch.nn.Linear(CONTEXT, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
        inputs, targets = torch.from_numpy(windows[:, :CONTEXT].copy()), torch.from_numpy(windows[:, CONTEXT:].copy())
        # Huber: the anomalies among the examples must not teach it that they are normal.
        loss_of, adam = torch.nn.HuberLoss(), torch.optim.Adam(network.parameters(), lr=0.01)
        deadline = time.monotonic() + seconds
        for _ in range(_STEPS):
            if stopped():
                return None
            if time.monotonic() > deadline:
                break
            chosen = torch.randint(0, len(windows), (_BATCH,))
            adam.zero_grad()
            loss_of(network(inputs[chosen]), targets[chosen]).backward()
            adam.step()
    with torch.inference_mode():
        errors = targets - network(inputs)
        scale = max(0.5, float(errors.abs().median()) * 1.4826)
        return Expectation(network.eval(), scale, len(windows), float(loss_of(errors, torch.zeros_like(errors))))


def _clipped(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.clip(scores, -_CLIP, _CLIP).astype(np.float32, copy=False)


def _sample(scores: NDArray[np.float32], total: int, share: np.random.Generator) -> NDArray[np.float32]:
    windows = np.lib.stride_tricks.sliding_window_view(scores, CONTEXT + 1)
    wanted = min(len(windows), max(1, _MOST_WINDOWS * len(windows) // total))
    return windows[share.choice(len(windows), wanted, replace=False)]
