"""Attackers who wrote what we store and show.

What these tests guard against: a stored text that becomes markup, a link, a command to the
terminal, another line of a log or a mention in a chat.
"""

import io
import json
from dataclasses import replace
from html.parser import HTMLParser

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from insights_assets.automation.webhook import Webhook
from insights_assets.cli import main
from insights_assets.cli.show import show_snapshot
from insights_assets.model.alerts import Alert
from insights_assets.model.outcomes import Unavailable
from insights_assets.model.sanitize import one_line
from insights_assets.serving import markdown, presenters
from insights_assets.vendors.alpha_vantage.wire import check_body
from insights_assets.vendors.errors import VendorError
from insights_assets_tests.chaos.store_support import spread
from insights_assets_tests.support.api import (
    CATEGORY,
    PRODUCT,
    TODAY,
    client_on,
    settings_on,
    snapshot_of,
    store,
)
from insights_assets_tests.support.category import SYNTHETIC

AREA = "Security"

HOSTILE = [
    "[red]all is well[/red] [/] [link=https://evil.example]here[/link]",
    "\x1b[2J\x1b[31mfake\x1b[0m \x1b]0;title\x07 \x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "\x9b2J\x9d0;title\x9c \u202egnorw\u202c \x00\x08\x7f",
    "one\r\n\n# heading\n\n| a | b |\n| --- | --- |\n| 99.99 | high |\n- list",
    "![x](https://evil.example/?q=1) [x](https://evil.example) <https://evil.example>",
    "<script>alert(1)</script> <img src=x onerror=alert(1)> &lt;b&gt; `code` **bold** \\",
    "{{7*7}} ${7*7} %s %(x)s {0.__class__} \\u001b[31m",
    'x"} 1\ninsights_composite_score{category="forged"} 99\n',
    "<!channel> <!everyone> <@U1> <https://evil.example|click>",
    "\ud83d\ude00 Ünïcödé “quoted” ± 3 % \u2028\u2029",
]
HOSTILE = [text.encode("utf-16", "surrogatepass").decode("utf-16") for text in HOSTILE]
TEXTS = (
    st.sampled_from(HOSTILE)
    | st.text(max_size=40)
    | st.text("\x1b[]()<>|`*_#\\!\n m1", max_size=20)
)


def snapshot_with(text: str, category=SYNTHETIC):
    """A snapshot in which every text that is not an id is `text`."""
    missing = category.metrics[0].id
    kept = snapshot_of(TODAY, missing=(missing,), category=category)
    metrics = {name: replace(metric, summary=text) for name, metric in kept.metrics.items()}
    return replace(
        kept, metrics=metrics, unavailable=dict.fromkeys(kept.unavailable, Unavailable(text))
    )


def without_colours(shown: str) -> str:
    """What is left on a terminal once the colours that rich makes are taken away."""
    for code in ("0", "1", "2", "3", "31", "32", "33", "36", "1;31", "1;32", "1;33", "1;36"):
        shown = shown.replace(f"\x1b[{code}m", "")
    return shown


def test_a_stored_text_is_no_command_to_the_terminal(how_often, tried):
    many = how_often(25, 1000)

    @settings(deadline=None, max_examples=many)
    @given(text=TEXTS)
    def shown(text):
        screen = io.StringIO()
        console = Console(file=screen, force_terminal=True, color_system="standard", width=4_000)
        view = presenters.present_snapshot(SYNTHETIC, snapshot_with(text), "redis")
        show_snapshot(view, console)

        seen = without_colours(screen.getvalue())
        assert all(character.isprintable() for character in seen.replace("\n", ""))
        assert one_line(text) in seen

    shown()
    tried(
        AREA,
        "Escape sequences and markup in stored texts, on a terminal",
        "they are shown as texts",
        times=many,
    )


@pytest.mark.parametrize("command", [["latest"], ["trend"], ["latest", "--json"]], ids=" ".join)
def test_the_commands_show_hostile_texts_as_texts(stack, command, how_often, tried):
    for text in spread(HOSTILE, how_often(2, len(HOSTILE))):
        configured = settings_on(stack)
        store(configured, snapshot_with(text, PRODUCT))
        environment = {
            "INSIGHTS_MONGO_URI": stack.mongo_uri,
            "INSIGHTS_MONGO_DATABASE": configured.mongo_database,
            "INSIGHTS_REDIS_URL": stack.redis_url,
        }
        ran = CliRunner().invoke(main, [*command, "--category", PRODUCT.id], env=environment)

        assert ran.exit_code == 0, ran.output
        assert all(character.isprintable() for character in ran.output.replace("\n", ""))
        if "--json" in command:
            metrics = json.loads(ran.output)["metrics"]
            assert {metric["summary"] for metric in metrics} == {text}
    tried(
        AREA,
        "Hostile stored texts in insights latest and trend",
        "nothing in the output is a control character",
        times=how_often(2, len(HOSTILE)),
    )


class Tags(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, _attrs: list) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(text: str) -> Tags:
    return Tags(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))


def markdowns(text: str) -> list[str]:
    snapshot = snapshot_with(text)
    return [
        markdown.snapshot_markdown(presenters.present_snapshot(SYNTHETIC, snapshot, "redis"), None),
        *[
            markdown.metric_markdown(presenters.present_metric(metric, snapshot), None)
            for metric in SYNTHETIC.metrics
        ],
    ]


def test_a_stored_text_is_no_markdown(how_often, tried):
    many = how_often(25, 1000)

    expected = [rendered(markdown).tags for markdown in markdowns("plain words")]

    @settings(deadline=None, max_examples=many)
    @given(text=TEXTS)
    def is_shown_as_it_is(text):
        assert [rendered(markdown).tags for markdown in markdowns(text)] == expected

    is_shown_as_it_is()
    tried(
        AREA,
        "Links, images, HTML, table cells and headings in stored texts, as markdown for AI tools",
        "they are rendered as texts",
        times=many,
    )


def test_the_api_tells_hostile_texts_as_json_and_prometheus_none_of_them(stack, how_often, tried):
    for text in spread(HOSTILE, how_often(4, len(HOSTILE))):
        configured = settings_on(stack)
        store(configured, snapshot_with(text))
        with client_on(configured) as client:
            view = client.get(f"/api/insights/{CATEGORY}")
            client.request(
                'GET"} 1', "/api/insights/%22%7D%201%0Aforged", headers={"User-Agent": "forged"}
            )
            told_prometheus = client.get("/metrics").text

        assert view.headers["content-type"] == "application/json"
        assert view.headers["x-content-type-options"] == "nosniff"
        assert {metric["summary"] for metric in view.json()["metrics"]} == {text}
        families = list(text_string_to_metric_families(told_prometheus))
        assert "forged" not in told_prometheus
        labels = {
            label for family in families for sample in family.samples for label in sample.labels
        }
        assert labels == {"category", "store", "method", "route", "status", "le"}
    tried(
        AREA,
        "Hostile stored texts in the API's JSON and in /metrics",
        "JSON has them as texts; no label or line of the metrics comes from them",
        times=how_often(4, len(HOSTILE)),
    )


def test_what_the_vendor_says_is_one_line_of_a_log(tried):
    @settings(deadline=None)
    @given(text=TEXTS, key=st.sampled_from(["Note", "Information", "Error Message"]))
    def said(text, key):
        try:
            check_body("label", json.dumps({key: text}), "the-key")
        except VendorError as error:
            reason = error.outcome().reason
            assert reason == one_line(reason)

    said()
    tried(
        AREA,
        "Line breaks and escape sequences in the vendor's messages",
        "each reason is one line without control characters",
        times=settings().max_examples,
    )


def test_an_alert_mentions_nobody(monkeypatch):
    posted = []

    def post(_url, **options):
        posted.append(options["json"]["text"])
        return httpx.Response(200)

    monkeypatch.setattr(httpx, "post", post)
    for text in HOSTILE:
        Webhook("http://127.0.0.1/hook").send(Alert("key", "gave_up", str(TODAY), text, {}))

    assert not [text for text in posted if "<" in text or ">" in text]
    assert posted[8].startswith("&lt;!channel&gt; ")
