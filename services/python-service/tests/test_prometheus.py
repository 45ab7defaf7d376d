import unittest

from phoenix_service.prometheus import answer, family


class Metrics(unittest.TestCase):
    def test_a_family_is_a_number_or_one_for_each_set_of_labels(self) -> None:
        text = answer(
            family("made_total", "Made.", "counter", 3),
            family("error_ms", "Off by.", "gauge", [({"series": 'a"b\\c\nd', "kind": "x"}, 0.25)]),
            family("unknown", "Nothing is known of it.", "gauge", []),
        ).body
        self.assertEqual(
            text.decode(),
            "# HELP made_total Made.\n# TYPE made_total counter\nmade_total 3\n"
            '# HELP error_ms Off by.\n# TYPE error_ms gauge\nerror_ms{series="a\\"b\\\\c\\nd",kind="x"} 0.25\n',
        )

    def test_large_counts_keep_their_last_digit(self) -> None:
        self.assertEqual(family("n", "N.", "counter", 123_456_789_012)[-1], "n 123456789012")
