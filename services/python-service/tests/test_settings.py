import tempfile
import unittest
from pathlib import Path

from phoenix_service.settings import BadSetting, read_number, read_secret, read_text


class Settings(unittest.TestCase):
    def test_a_number_is_digits_within_its_limits(self) -> None:
        self.assertEqual(read_number({"DAYS": "007"}, "DAYS", 1, 30), 7)
        for text in ("", "0", "31", "-1", "+1", "1.0", "1e1", " 7", "٣", "9" * 5000):
            with self.subTest(text[:20]), self.assertRaisesRegex(BadSetting, "^DAYS is "):
                read_number({"DAYS": text}, "DAYS", 1, 30)

    def test_a_text_must_be_there(self) -> None:
        self.assertEqual(read_text({"NAME": "x"}, "NAME"), "x")
        with self.assertRaisesRegex(BadSetting, r"^NAME is not set\.$"):
            read_text({}, "NAME")

    def test_a_secret_is_the_files_text_without_its_last_newline(self) -> None:
        path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "secret"
        env = {"TOKEN_FILE": str(path)}
        for text, value in (("s3cret", "s3cret"), ("s3cret\n", "s3cret"), (" s3 cret ", " s3 cret ")):
            path.write_text(text, encoding="utf-8")
            self.assertEqual(read_secret(env, "TOKEN_FILE"), value)
        for content, said in ((b"", "is empty"), (b"\n", "is empty"), (b"\xffs3cret", "is not UTF-8")):
            path.write_bytes(content)
            with self.assertRaisesRegex(BadSetting, said) as caught:
                read_secret(env, "TOKEN_FILE")
            self.assertNotIn("s3cret", str(caught.exception))
        path.unlink()
        with self.assertRaisesRegex(BadSetting, "TOKEN_FILE names .* cannot be read: No such file"):
            read_secret(env, "TOKEN_FILE")
