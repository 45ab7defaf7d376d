"""What the container was told, checked once, at start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Config:
    port: int
    db_host: str
    db_port: int
    db_name: str
    db_user: str
    # repr=False: a configuration that ends up in a message shows no secret.
    db_password: str = field(repr=False)
    token: str = field(repr=False)
    checkpoints: Path
    # How long one series may train before it is the next one's turn.
    slice_seconds: float


class BadConfig(Exception):
    """A setting that this service cannot start with; the text says which and why."""


def read_config(env: Mapping[str, str]) -> Config:
    return Config(
        port=_number(env, "PORT", 1, 65_535),
        db_host=_text(env, "DB_HOST"),
        db_port=_number(env, "DB_PORT", 1, 65_535),
        db_name=_text(env, "DB_NAME"),
        db_user=_text(env, "DB_USER"),
        db_password=_secret(env, "DB_PASSWORD_FILE"),
        token=_secret(env, "TOKEN_FILE"),
        checkpoints=_folder(env, "CHECKPOINTS"),
        slice_seconds=_number(env, "SLICE_SECONDS", 1, 60),
    )


def _text(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if value == "":
        raise BadConfig(f"{name} is not set.")
    return value


def _number(env: Mapping[str, str], name: str, least: int, most: int) -> int:
    text = _text(env, name)
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise BadConfig(f"{name} is '{text[:20]}', not a whole number from {least} to {most}.")
    return int(text)


def _secret(env: Mapping[str, str], name: str) -> str:
    path = Path(_text(env, name))
    try:
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadConfig(f"{name} names {path}, which cannot be read: {error.strerror}.") from error
    if value == "":
        raise BadConfig(f"{name} names {path}, which is empty.")
    return value


def _folder(env: Mapping[str, str], name: str) -> Path:
    """Tried out at start: a volume of somebody else is found now, and not after an hour of training."""
    path = Path(_text(env, name))
    trial = path / ".writable"
    try:
        trial.write_bytes(b"")
        trial.unlink()
    except OSError as error:
        raise BadConfig(f"{name} names {path}, where nothing can be written: {error.strerror}.") from error
    return path
