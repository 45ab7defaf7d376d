"""What the container was told."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from phoenix_service.settings import BadSetting, Settings, read_common, read_number, read_text


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    checkpoints: Path
    # How long one series may train before it is the next one's turn.
    slice_seconds: int
    # How often it looks whether there is something to do: one small question.
    look_seconds: int


def read_config(env: Mapping[str, str]) -> Config:
    return Config(
        **read_common(env),
        checkpoints=_folder(env, "CHECKPOINTS"),
        slice_seconds=read_number(env, "SLICE_SECONDS", 1, 60),
        look_seconds=read_number(env, "LOOK_SECONDS", 1, 60),
    )


def _folder(env: Mapping[str, str], name: str) -> Path:
    """Tried out at start: a volume of somebody else is found now, and not after an hour of training."""
    path = Path(read_text(env, name))
    trial = path / ".writable"
    try:
        trial.write_bytes(b"")
        trial.unlink()
    except OSError as error:
        raise BadSetting(f"{name} names {path}, where nothing can be written: {error.strerror}.") from error
    return path
