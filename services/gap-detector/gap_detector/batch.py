"""What a sender posts, checked item by item: a bad one is reported with its reason, the rest is kept."""

from dataclasses import dataclass
from typing import Annotated, Literal

from phoenix_service.refused import Refused
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, WithJsonSchema

from .times import parse_iso

DAY_MS = 86_400_000
# Reports of bad items are kept short, whatever is sent.
MOST_REPORTED = 100


def _milliseconds(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError("it is not a text like 2026-11-26T11:00:00.000Z")
    at = parse_iso(value)
    if at < 0:
        raise ValueError("it lies before 1970")
    return at


def _printable(value: str) -> str:
    if "\0" in value:
        raise ValueError("it holds a NUL character")
    return value


Time = Annotated[int, BeforeValidator(_milliseconds), WithJsonSchema({"type": "string", "format": "date-time"})]
Stack = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]
Service = Annotated[str, Field(pattern=r"^[A-Za-z0-9:_.\\@-]{1,255}$")]


class Sample(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    stack: Stack
    service: Service
    at: Time
    probe: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/ -]{0,63}$")]
    outcome: Literal["success", "failure", "error"]
    latency_ms: Annotated[float, Field(ge=0, le=DAY_MS, allow_inf_nan=False)] | None = None
    period_ms: Annotated[int, Field(ge=100, le=DAY_MS)] = 10_000


class Event(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    stack: Stack
    at: Time
    kind: Annotated[str, Field(pattern=r"^[a-zA-Z]{1,40}$")]
    service: Service | None = None
    generation: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    detail: Annotated[str, Field(max_length=4000), AfterValidator(_printable)] | None = None


@dataclass(frozen=True)
class Checked[T]:
    """The good items, and what is wrong with the others."""

    items: list[T]
    rejected: list[dict[str, object]]
    rejected_count: int


def check_batch[T: (Sample, Event)](body: object, key: str, kind: type[T], oldest_ms: int, newest_ms: int) -> Checked[T]:
    """Refuses a body that is no batch, or a batch with nothing good in it."""
    listed = body.get(key) if isinstance(body, dict) else None
    if not isinstance(listed, list):
        raise Refused(400, f'the body is not {{"{key}": [...]}}', key)
    if not listed:
        raise Refused(400, f"{key} is empty", key)
    adapter = TypeAdapter(kind)
    items: list[T] = []
    bad: list[tuple[int, str, str]] = []
    for index, value in enumerate(listed):
        try:
            item = adapter.validate_python(value)
            _near_now(item.at, oldest_ms, newest_ms)
            items.append(item)
        except ValidationError as error:
            bad.append((index, *_first(error)))
        except ValueError as error:
            bad.append((index, "at", str(error)))
    rejected = [
        {"index": index, "error": f"{field}: {reason}" if field else reason} for index, field, reason in bad[:MOST_REPORTED]
    ]
    if not items:
        index, field, reason = bad[0]
        place = f"{key}[{index}].{field}".rstrip(".")
        raise Refused(422, f"{place}: {reason}", place, accepted=0, rejected=rejected, rejected_count=len(bad))
    return Checked(items, rejected, len(bad))


def _near_now(at: int, oldest_ms: int, newest_ms: int) -> None:
    if at < oldest_ms:
        raise ValueError("it is older than what is kept")
    if at > newest_ms:
        raise ValueError("it lies in the future")


def _first(error: ValidationError) -> tuple[str, str]:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    # The reason in our own words where the library would show its class names.
    reason = first["msg"].removeprefix("Value error, ")
    if first["type"] == "model_type":
        reason = "it is not an object"
    return ".".join(str(part) for part in first["loc"] if isinstance(part, str) and part.isidentifier()), reason
