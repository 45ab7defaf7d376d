"""What every writing request passes first: the token, the media type, the size, the time it takes, and whether it is JSON at all."""

import asyncio
import hmac

from pydantic_core import from_json
from starlette.requests import ClientDisconnect, Request

from .refused import Refused

MOST_BYTES = 8 * 1024 * 1024
_READ_SECONDS = 10.0


async def read_json(request: Request, token: str) -> object:
    _check_token(request, token)
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, f"the body is '{kind[:60]}', not application/json")
    body = await _read(request)
    if not body.strip():
        raise Refused(400, "the body is empty")
    try:
        # NaN and Infinity are Python's, not JSON's.
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Refused(400, f"the body is not JSON: {error}") from None


def _check_token(request: Request, token: str) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise Refused(401, "the header 'Authorization: Bearer <token>' is missing or its token is not the right one")


async def _read(request: Request) -> bytes:
    """Stops at the limit, whatever length was announced."""
    too_large = Refused(413, f"the body is larger than {MOST_BYTES} bytes")
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > MOST_BYTES:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(_READ_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise too_large
    except TimeoutError:
        raise Refused(408, f"the body did not arrive within {_READ_SECONDS:.0f} s") from None
    except ClientDisconnect:
        raise Refused(400, "the sender left before the end of the body") from None
    return bytes(body)
