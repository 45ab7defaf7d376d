"""One series' model: trains in slices, judges itself, forecasts."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from .base import Base
from .examples import Examples
from .grid import to_ms
from .judging import Judgement, judge
from .network import Correction, masked_loss

_BATCH = 128
_LOOK_EVERY = 20
_PATIENCE = 8
_MOST_STEPS = 600
_LEARNING_RATE = 3e-3


@dataclass
class Round:
    """One training, possibly over many slices and restarts of the process."""

    steps: int = 0
    # The best weights so far, by the part of the series that is kept for stopping.
    best_loss: float = float("inf")
    since_best: int = 0
    done: bool = False


@dataclass
class SeriesModel:
    horizon: int
    # What the network corrects; set by the examples of the round's first slice, and kept until the next round.
    base: Base | None = None
    network: Correction = field(init=False)
    round: Round = field(default_factory=Round)
    judgement: Judgement | None = None
    best: dict[str, Any] | None = None
    optimizer: torch.optim.Optimizer = field(init=False)

    def __post_init__(self) -> None:
        self.network = Correction(self.horizon)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=_LEARNING_RATE, weight_decay=1e-4)

    def begin_round(self) -> None:
        """A further round goes on from what was learned; only its counters begin anew."""
        self.round, self.base = Round(), None
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=_LEARNING_RATE, weight_decay=1e-4)

    def train(self, examples: Examples, seconds: float, go_on: Callable[[], bool]) -> None:
        """Until it is done, the slice is over or `go_on` says no, which is asked at every step."""
        self.base = examples.base
        stop = examples.lessons(examples.stop)
        if self.round.steps == 0:
            self._consider_silence(stop)
        ends = time.monotonic() + seconds
        draw = np.random.default_rng(self.round.steps)
        self.network.train()
        while not self.round.done and time.monotonic() < ends and go_on():
            chosen = draw.choice(examples.train, size=min(_BATCH, len(examples.train)), replace=False)
            contexts, off = examples.lessons(np.sort(chosen))
            self.optimizer.zero_grad()
            loss = masked_loss(self.network(contexts), off)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimizer.step()
            self.round.steps += 1
            if self.round.steps % _LOOK_EVERY == 0:
                self._look(stop)
        if self.round.done:
            self._finish(examples)

    def _consider_silence(self, stop: tuple[torch.Tensor, torch.Tensor]) -> None:
        """What was learned in an earlier round is kept only while it still beats saying nothing."""
        learned = self._loss(stop)
        if learned > float(masked_loss(torch.zeros_like(stop[1]), stop[1])):
            self.network.be_silent()
        self._keep(self._loss(stop))

    def _look(self, stop: tuple[torch.Tensor, torch.Tensor]) -> None:
        loss = self._loss(stop)
        if loss < self.round.best_loss * 0.999:
            self._keep(loss)
        else:
            self.round.since_best += 1
        self.round.done = self.round.since_best >= _PATIENCE or self.round.steps >= _MOST_STEPS

    def _keep(self, loss: float) -> None:
        self.round.best_loss, self.round.since_best = loss, 0
        self.best = {name: value.clone() for name, value in self.network.state_dict().items()}

    def _loss(self, lessons: tuple[torch.Tensor, torch.Tensor]) -> float:
        with torch.no_grad():
            return float(masked_loss(self.network(lessons[0]), lessons[1]))

    def _finish(self, examples: Examples) -> None:
        assert self.best is not None
        self.network.load_state_dict(self.best)
        self.judgement = judge(examples, self.say(examples, examples.judge))

    def say(self, examples: Examples, origins: np.ndarray) -> np.ndarray:
        """The forecast from each origin, in the logarithm."""
        with torch.no_grad():
            correction = self.network(examples.contexts(origins)).double().numpy()
        return examples.plain(origins) + correction * examples.base.scale

    def forecast(self, examples: Examples) -> np.ndarray:
        """The next hour in ms: one row a step, with the value and the range that nine of ten are expected in."""
        assert self.judgement is not None
        said = self.say(examples, np.array([len(examples.grid)]))[0]
        reach = np.array(self.judgement.reach)
        return np.stack([to_ms(said), to_ms(said - reach), to_ms(said + reach)], axis=1)
