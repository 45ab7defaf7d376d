"""What the container was told."""

from collections.abc import Mapping
from dataclasses import dataclass

from phoenix_service.settings import Settings, read_common, read_number


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    keep_days: int
    keep_sums_days: int
    # How long what was stored may wait to be looked at.
    look_seconds: int


def read_config(env: Mapping[str, str]) -> Config:
    return Config(
        **read_common(env),
        keep_days=read_number(env, "KEEP_DAYS", 1, 400),
        keep_sums_days=read_number(env, "KEEP_SUMS_DAYS", 1, 4000),
        look_seconds=read_number(env, "LOOK_SECONDS", 1, 60),
    )
