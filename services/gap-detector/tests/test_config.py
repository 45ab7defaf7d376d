import tempfile
import unittest
from pathlib import Path

from gap_detector.config import ConfigError, read_config
from gap_detector.refused import Refused
from gap_detector.times import parse_when, parse_window, to_iso


class Settings(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.secret = Path(folder.name, "secret")
        self.secret.write_text("s3cret\n", encoding="utf-8")
        self.env = {
            "PORT": "8000", "DB_HOST": "db", "DB_PORT": "5432", "DB_NAME": "n", "DB_USER": "u",
            "DB_PASSWORD_FILE": str(self.secret), "TOKEN_FILE": str(self.secret), "KEEP_DAYS": "30", "KEEP_SUMS_DAYS": "400",
        }  # fmt: skip

    def test_secrets_come_from_files_without_their_last_newline_and_are_not_shown(self) -> None:
        config = read_config(self.env)
        self.assertEqual((config.port, config.db_password, config.token), (8000, "s3cret", "s3cret"))
        self.assertNotIn("s3cret", repr(config))

    def test_what_is_missing_or_wrong_is_named(self) -> None:
        for change, said in (
            ({"PORT": "http"}, "PORT is 'http', not a number from 1 to 65535"),
            ({"PORT": "0"}, "PORT is '0'"),
            ({"KEEP_DAYS": "1e3"}, "KEEP_DAYS"),
            ({"DB_HOST": ""}, "DB_HOST is not set"),
            ({"TOKEN_FILE": "/nowhere"}, "The secret file /nowhere cannot be read"),
        ):
            with self.assertRaisesRegex(ConfigError, said):
                read_config({**self.env, **change})
        self.secret.write_text("\n", encoding="utf-8")
        with self.assertRaisesRegex(ConfigError, "is empty"):
            read_config(self.env)


class Times(unittest.TestCase):
    def test_spans_count_back_and_times_need_a_zone(self) -> None:
        self.assertEqual(parse_when("90m", 10_000_000, "from"), 10_000_000 - 5_400_000)
        self.assertEqual(parse_when("1970-01-01T00:00:01.500Z", 0, "from"), 1_500)
        self.assertEqual(to_iso(1_500), "1970-01-01T00:00:01.500Z")
        self.assertIsNone(to_iso(None))
        for text in ("", "1", "1y", "-1h", "2026-01-01", "2026-01-01T00:00:00", "9999999h", "\u0661h"):
            with self.assertRaises(Refused, msg=text) as caught:
                parse_when(text, 0, "from")
            self.assertEqual(caught.exception.body["field"], "from")

    def test_a_window_has_its_ends_in_order(self) -> None:
        self.assertEqual(parse_window(None, None, 100_000_000), (100_000_000 - 86_400_000, 100_000_000))
        with self.assertRaises(Refused):
            parse_window("1h", "2h", 100_000_000)
