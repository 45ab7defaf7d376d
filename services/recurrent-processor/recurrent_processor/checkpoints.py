"""Models on disk, one file a series: written whole or not at all, and read without trusting them."""

import os
import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .base import Base
from .judging import Judgement
from .model import Round, SeriesModel

# Raised when the network or what is kept of it changes: older files are then trained anew.
_FORMAT = 1


class Checkpoints:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, series: int, name: str, model: SeriesModel, trained_at: float | None) -> None:
        path = self._path(series)
        new = path.with_suffix(".new")
        with open(new, "wb") as file:
            torch.save(_to_state(name, model, trained_at), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def load(self, series: int, name: str) -> tuple[SeriesModel, float | None] | None:
        """None when there is none that fits: a number may belong to another series after the database was made anew."""
        path = self._path(series)
        if not path.exists():
            return None
        try:
            # Weights only: a file that somebody put there runs no code.
            state = torch.load(path, map_location="cpu", weights_only=True)
            if state["format"] != _FORMAT or state["name"] != name:
                print(f"The checkpoint of series {series} is of another series or version, training anew.", flush=True)
                return None
            return _from_state(state), state["trained_at"]
        except (OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, pickle.UnpicklingError) as error:
            print(f"The checkpoint of series {series} cannot be read ({type(error).__name__}), training anew.", flush=True)
            return None

    def keep_only(self, series: set[int]) -> None:
        """Removes what belongs to no series."""
        for path in self._folder.glob("series-*.*"):
            number = path.stem.removeprefix("series-")
            if not number.isdigit() or int(number) not in series:
                path.unlink(missing_ok=True)

    def _path(self, series: int) -> Path:
        return self._folder / f"series-{series}.pt"


def _to_state(name: str, model: SeriesModel, trained_at: float | None) -> dict[str, Any]:
    base = model.base
    return {
        "format": _FORMAT,
        "name": name,
        "trained_at": trained_at,
        "horizon": model.horizon,
        "network": model.network.state_dict(),
        "optimizer": model.optimizer.state_dict(),
        "best": model.best,
        "round": asdict(model.round),
        "judgement": None if model.judgement is None else asdict(model.judgement),
        "base": None if base is None else asdict(base) | {"weights": torch.from_numpy(base.weights)},
    }


def _from_state(state: dict[str, Any]) -> SeriesModel:
    model = SeriesModel(state["horizon"])
    model.network.load_state_dict(state["network"])
    model.optimizer.load_state_dict(state["optimizer"])
    model.best = state["best"]
    model.round = Round(**state["round"])
    model.judgement = None if state["judgement"] is None else Judgement(**state["judgement"])
    base = state["base"]
    model.base = None if base is None else Base(**base | {"weights": np.array(base["weights"].numpy())})
    return model
