"""What every service promises, each with its own settings and paths."""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from unittest import TestCase

from phoenix_service.settings import BadSetting

from .database import TOKEN
from .service import GOOD_HEADERS, ServiceProcess


def check_settings(test: TestCase, read: Callable[[Mapping[str, str]], object], own: Mapping[str, str], wrong: Iterable[tuple[str, str]]) -> None:
    """Each setting that is missing or wrong is named, and no secret is ever shown. `own` are good values of the service's own."""
    folder = test.enterContext(tempfile.TemporaryDirectory())
    secret = Path(folder) / "secret"
    secret.write_text("s3cret\n", encoding="utf-8")
    good = {
        "PORT": "5000", "DB_HOST": "db", "DB_PORT": "5432", "DB_NAME": "phoenix", "DB_USER": "role",
        "DB_PASSWORD_FILE": str(secret), "TOKEN_FILE": str(secret), **own,
    }  # fmt: skip
    test.assertNotIn("s3cret", repr(read(good)))
    for name, value in [*((name, "") for name in good), ("PORT", "0"), ("DB_PORT", "65536"), ("TOKEN_FILE", "/nowhere"), *wrong]:
        with test.subTest(f"{name}={value}"), test.assertRaisesRegex(BadSetting, name):
            read({**good, name: value})


def check_writing_path(test: TestCase, service: ServiceProcess, path: str, most_bytes: int) -> None:
    """A stranger, another content type, too much, and what is not JSON are refused, in this order, with the reason."""
    for status, body, headers in (
        (401, b"{}", {"Content-Type": "application/json"}),
        (401, b"{}", GOOD_HEADERS | {"Authorization": "Bearer wrong"}),
        (401, b"{}", GOOD_HEADERS | {"Authorization": "Bearer"}),
        (401, b"{}", GOOD_HEADERS | {"Authorization": f"Basic {TOKEN}"}),
        (401, b"{}", GOOD_HEADERS | {"Authorization": "Bearer \xfc"}),
        (415, b"{}", GOOD_HEADERS | {"Content-Type": "text/plain"}),
        (415, b"{}", GOOD_HEADERS | {"Content-Type": "application/jsonp"}),
        (413, b" " * (most_bytes + 1), GOOD_HEADERS),
        *((400, body, GOOD_HEADERS) for body in (b"", b"   ", b"{", b"[]", b"\xff\xfe{}", b'{"a": NaN}', b"[" * 60_000)),
    ):
        with test.subTest(f"{status} {body[:20]!r} {headers}"):
            answer = service.post(path, body, headers)
            test.assertEqual(answer.status, status, answer.body[:300])
            test.assertIsInstance(answer.json["error"], str)
    test.assertEqual(service.get(path).status, 405)
    test.assertEqual(service.get("/nothing").status, 404)
