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
    target: float


class BadConfig(Exception):
    """A setting that this service cannot start with; the text says which and why."""


def read_config(env: Mapping[str, str]) -> Config:
    return Config(
        port=_port(env, "PORT"),
        db_host=_text(env, "DB_HOST"),
        db_port=_port(env, "DB_PORT"),
        db_name=_text(env, "DB_NAME"),
        db_user=_text(env, "DB_USER"),
        db_password=_secret(env, "DB_PASSWORD_FILE"),
        token=_secret(env, "TOKEN_FILE"),
        target=parse_target(_text(env, "TARGET_PERCENT"), "TARGET_PERCENT"),
    )


def parse_target(text: str, name: str) -> float:
    """An availability target in percent, as a share: '99.9' gives 0.999. 100 would leave no budget to divide by."""
    try:
        percent = float(text)
    except ValueError:
        percent = float("nan")
    if not 50 <= percent < 100:
        raise BadConfig(f"{name} is '{text[:20]}', and must be a percentage from 50 to less than 100, like 99.9.")
    # Rounded, because 99.9 / 100 is a little less than 0.999, and budgets divide by the rest.
    return round(percent / 100, 8)


def _text(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if value == "":
        raise BadConfig(f"{name} is not set.")
    return value


def _port(env: Mapping[str, str], name: str) -> int:
    text = _text(env, name)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise BadConfig(f"{name} is '{text}', not a port.")
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
