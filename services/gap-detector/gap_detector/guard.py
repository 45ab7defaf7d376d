"""The body of a writing request. Batches are large, so a faster parser than Python's own reads them."""

from phoenix_service.body import read_body
from phoenix_service.refused import Refused
from pydantic_core import from_json
from starlette.requests import Request

MOST_BYTES = 8 * 1024 * 1024
_SECONDS = 10.0


async def read_json(request: Request, token: str) -> object:
    body = await read_body(request, token, MOST_BYTES, _SECONDS)
    try:
        # NaN and Infinity are Python's, not JSON's.
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Refused(400, f"The body is not JSON: {error}.") from None
