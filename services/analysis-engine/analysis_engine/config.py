"""What the container was told."""

from collections.abc import Mapping
from dataclasses import dataclass

from phoenix_service.settings import BadSetting, Settings, read_common, read_text


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    target: float


def read_config(env: Mapping[str, str]) -> Config:
    return Config(**read_common(env), target=parse_target(read_text(env, "TARGET_PERCENT"), "TARGET_PERCENT"))


def parse_target(text: str, name: str) -> float:
    """An availability target in percent, as a share: '99.9' gives 0.999. 100 would leave no budget to divide by."""
    try:
        percent = float(text)
    except ValueError:
        percent = float("nan")
    if not 50 <= percent < 100:
        raise BadSetting(f"{name} is '{text[:20]}', and must be a percentage from 50 to less than 100, like 99.9.")
    # Rounded, because 99.9 / 100 is a little less than 0.999, and budgets divide by the rest.
    return round(percent / 100, 8)
