"""What a container was told, checked once, at start: names from the environment, secrets from mounted files only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class BadSetting(Exception):
    """A setting that the service cannot start with; the text says which and why."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every service is told; each adds its own."""

    port: int
    db_host: str
    db_port: int
    db_name: str
    db_user: str
    # repr=False: settings that end up in a message show no secret.
    db_password: str = field(repr=False)
    token: str = field(repr=False)


def read_common(env: Mapping[str, str]) -> dict[str, Any]:
    """The fields of `Settings`."""
    return {
        "port": read_number(env, "PORT", 1, 65_535),
        "db_host": read_text(env, "DB_HOST"),
        "db_port": read_number(env, "DB_PORT", 1, 65_535),
        "db_name": read_text(env, "DB_NAME"),
        "db_user": read_text(env, "DB_USER"),
        "db_password": read_secret(env, "DB_PASSWORD_FILE"),
        "token": read_secret(env, "TOKEN_FILE"),
    }


def read_text(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if value == "":
        raise BadSetting(f"{name} is not set.")
    return value


def read_number(env: Mapping[str, str], name: str, least: int, most: int) -> int:
    text = read_text(env, name)
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and least <= int(text) <= most):
        raise BadSetting(f"{name} is '{text[:20]}', not a whole number from {least} to {most}.")
    return int(text)


def read_secret(env: Mapping[str, str], name: str) -> str:
    path = Path(read_text(env, name))
    try:
        value = path.read_text(encoding="utf-8").removesuffix("\n")
    except OSError as error:
        raise BadSetting(f"{name} names {path}, which cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        # Its own text shows a byte of the secret.
        raise BadSetting(f"{name} names {path}, which is not UTF-8.") from None
    if value == "":
        raise BadSetting(f"{name} names {path}, which is empty.")
    return value
