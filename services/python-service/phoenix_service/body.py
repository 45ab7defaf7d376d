"""What every writing request passes first: the token, the media type, the size, the time it takes, and whether it is JSON at all."""

import asyncio
import hmac
import json
from typing import Any

from starlette.requests import ClientDisconnect, Request

from .refused import Refused

_MOST_BYTES = 64 * 1024
_SECONDS = 5.0


async def read_body(request: Request, token: str, most_bytes: int, seconds: float) -> bytes:
    """The bytes of it, from somebody who may send them."""
    _check_token(request, token)
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, f"The body must be application/json, and this is '{kind[:60]}'.")
    try:
        async with asyncio.timeout(seconds):
            body = await _read_limited(request, most_bytes)
    except TimeoutError:
        raise Refused(408, f"The body did not arrive within {seconds:.0f} seconds.") from None
    except ClientDisconnect:
        raise Refused(400, "The sender left before the end of the body.") from None
    if not body.strip():
        raise Refused(400, "The body is empty.")
    return body


async def read_json_object(request: Request, token: str) -> dict[str, Any]:
    """A small body, as an object."""
    body = await read_body(request, token, _MOST_BYTES, _SECONDS)
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"The body is not JSON: {str(error)[:120]}.") from None
    if not isinstance(value, dict):
        raise Refused(400, "The body must be a JSON object.")
    return value


def _check_token(request: Request, token: str) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise Refused(401, "This path needs 'Authorization: Bearer' with the stack's token.")


async def _read_limited(request: Request, most_bytes: int) -> bytes:
    """Stops at the limit, whatever length was announced."""
    too_large = Refused(413, f"The body is larger than {most_bytes // 1024} KiB.")
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > most_bytes:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise too_large
    return bytes(body)


def _refuse_constant(name: str) -> float:
    # NaN and Infinity are Python's, not JSON's.
    raise ValueError(f"{name} is not a number that JSON knows")
