import base64
import hashlib
import re
import unittest
from datetime import timedelta
from html.parser import HTMLParser

from analysis_engine.facts import Event, Outage, Service
from analysis_engine.page.document import content_security_policy, report_page, trouble_page
from tests.made_up import DB, NOW, WEB, ago, buckets, report

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Balance(HTMLParser):
    """Fails when an element is not closed in its turn; collects what the tests ask for."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self.feed(html)
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()


PAGES = {
    "a day": report_page(report()),
    "an hour": report_page(report("1h")),
    "a month": report_page(report("30d")),
    "an outage that goes on": report_page(report(outages={WEB: [Outage(ago(minutes=4), None, "no answer")]})),
    "two stacks": report_page(report(since={WEB: ago(days=9), Service("blog", "web.service"): ago(days=9)})),
    "nothing measured": report_page(report(buckets={})),
    "nothing watched": report_page(report(since={}, buckets={}, latencies={}, outages={}, forecasts={}, events=[])),
    "no database": trouble_page("24h", "The database does not answer.", NOW),
}


class EveryPage(unittest.TestCase):
    def test_is_well_formed_and_names_nothing_twice(self) -> None:
        for name, html in PAGES.items():
            with self.subTest(name):
                page = Balance(html)
                self.assertEqual(len(page.ids), len(set(page.ids)))
                self.assertNotRegex(html, r"\b(nan|inf|None)\b")

    def test_loads_nothing_and_links_only_to_itself(self) -> None:
        for name, html in PAGES.items():
            for tag, attribute, value in Balance(html).attributes:
                with self.subTest(f"{name}: {tag} {attribute}"):
                    if attribute in ("href", "src", "xlink:href", "action", "data"):
                        self.assertRegex(value, r"^(#|\?window=|report\.json\?window=|data:,$)")
                    self.assertFalse(attribute.startswith("on") or attribute == "style", "the policy forbids it")
            self.assertNotIn("url(http", html)
            self.assertNotIn("@import", html)

    def test_carries_exactly_the_style_and_script_that_its_policy_allows(self) -> None:
        policy = content_security_policy()
        for html in PAGES.values():
            for element in ("style", "script"):
                (body,) = re.findall(f"<{element}>(.*?)</{element}>", html, re.DOTALL)
                digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
                self.assertIn(f"{element}-src 'sha256-{digest}'", policy)

    def test_says_its_language_title_and_one_first_heading(self) -> None:
        for html in PAGES.values():
            self.assertIn('<html lang="en">', html)
            self.assertRegex(html, r"<title>[^<]{5,}</title>")
            self.assertEqual(len(re.findall("<h1>", html)), 1)

    def test_knows_the_dark(self) -> None:
        self.assertIn("prefers-color-scheme: dark", PAGES["a day"])


class WhatAPersonReads(unittest.TestCase):
    def test_the_verdict(self) -> None:
        self.assertIn("web is below the target of 99.9 %.", PAGES["a day"])
        self.assertRegex(PAGES["an outage that goes on"], r"web is down, since <time[^>]*>26 Nov 11:56</time> \(4 min\)")
        self.assertIn("No data yet in this window.", PAGES["nothing measured"])
        self.assertIn("Nothing is watched yet.", PAGES["nothing watched"])
        clean = report_page(report(buckets={WEB: buckets(report().window), DB: buckets(report().window)}, outages={}))
        self.assertIn("All 2 services meet the target of 99.9 %.", clean)

    def test_an_outage_stands_on_the_ribbon_in_the_list_and_in_the_mean(self) -> None:
        self.assertIn("<title>down 25 Nov 14:30 to 25 Nov 14:35, 5 min: HTTP 502</title>", PAGES["a day"])
        self.assertIn("web down for <b>5 min</b>", PAGES["a day"])
        self.assertIn('<dd class="value">5 min</dd>', PAGES["a day"])

    def test_failures_that_no_outage_explains_are_shown_as_such(self) -> None:
        html = report_page(report(outages={}))
        self.assertIn('<g class="partly"><title>partly failing, 5 min in all', html)
        self.assertNotIn('<g class="partly"><title>', PAGES["a day"])

    def test_deploys_and_rollbacks_are_marked(self) -> None:
        self.assertIn('href="#m-deploy" x="87.5%"', PAGES["a day"])
        self.assertIn('href="#m-rollback"', PAGES["a day"])
        self.assertIn("Rolled back <b>generation 7</b>", PAGES["a day"])

    def test_stacks_are_named_where_there_are_two(self) -> None:
        self.assertIn('<span class="stack">blog</span>', PAGES["two stacks"])
        self.assertNotIn('class="stack"', PAGES["a day"])

    def test_names_and_reasons_cannot_become_markup(self) -> None:
        evil = Service('<script>alert(1)</script>"', "<img src=x onerror=alert(1)>.service")
        html = report_page(
            report(
                since={evil: ago(days=9), WEB: ago(days=9)},
                buckets={evil: buckets(report().window)},
                outages={evil: [Outage(ago(hours=2), None, "</title><script>x</script>")]},
                events=[Event(ago(hours=1), evil.stack, evil.name, "restarted", None, "<svg onload=x>" * 30)],
            )
        )
        Balance(html)
        self.assertEqual(len(re.findall("<script", html)), 1)
        self.assertNotIn("<img", html)
        self.assertNotIn("<svg onload", html)

    def test_a_crash_loop_does_not_make_the_page_endless(self) -> None:
        loop = [Event(NOW - timedelta(seconds=9 * i), "phoenix", "web.service", "restarted", None, "x" * 5000) for i in range(500)]
        many = [Outage(NOW - timedelta(seconds=90 * i + 60), NOW - timedelta(seconds=90 * i + 1), "y" * 5000) for i in range(500)]
        html = report_page(report(events=loop, outages={WEB: many}))
        self.assertLess(len(html), 400_000)
        self.assertIn("The newest 12 of 500", html)
        self.assertIn("500 times", html)
