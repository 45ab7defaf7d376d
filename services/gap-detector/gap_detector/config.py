"""Where the service finds its database and its secrets: names from the environment, secrets from mounted files only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class ConfigError(Exception):
    """A setting that is missing or wrong; its text says which."""


@dataclass(frozen=True)
class Config:
    port: int
    db_host: str
    db_port: int
    db_name: str
    db_user: str
    # Left out of repr(), so that no traceback and no log line shows them.
    db_password: str = field(repr=False)
    token: str = field(repr=False)
    keep_days: int
    keep_sums_days: int


def read_config(env: Mapping[str, str]) -> Config:
    return Config(
        port=_number(env, "PORT", 1, 65535),
        db_host=_text(env, "DB_HOST"),
        db_port=_number(env, "DB_PORT", 1, 65535),
        db_name=_text(env, "DB_NAME"),
        db_user=_text(env, "DB_USER"),
        db_password=_secret(env, "DB_PASSWORD_FILE"),
        token=_secret(env, "TOKEN_FILE"),
        keep_days=_number(env, "KEEP_DAYS", 1, 400),
        keep_sums_days=_number(env, "KEEP_SUMS_DAYS", 1, 4000),
    )


def _text(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise ConfigError(f"{name} is not set.")
    return value


def _number(env: Mapping[str, str], name: str, least: int, most: int) -> int:
    text = _text(env, name)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise ConfigError(f"{name} is '{text}', not a number from {least} to {most}.")
    return int(text)


def _secret(env: Mapping[str, str], name: str) -> str:
    path = _text(env, name)
    try:
        value = Path(path).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The secret file {path} cannot be read: {error}.") from None
    if not value:
        raise ConfigError(f"The secret file {path} is empty.")
    return value
