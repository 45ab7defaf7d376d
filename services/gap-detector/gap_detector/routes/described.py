"""What the OpenAPI document says about bodies and errors."""

from pydantic import BaseModel


class Error(BaseModel):
    """Every answer other than 200: what is wrong and, where one is to blame, the field."""

    error: str
    field: str | None = None


def refusals(*statuses: int) -> dict[int | str, dict[str, object]]:
    return {status: {"model": Error} for status in statuses}


def body_of(key: str, item: type[BaseModel]) -> dict[str, object]:
    schema = {"type": "object", "required": [key], "properties": {key: {"type": "array", "minItems": 1, "items": item.model_json_schema()}}}
    return {**bearer(), "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def bearer() -> dict[str, object]:
    return {"security": [{"token": []}]}
