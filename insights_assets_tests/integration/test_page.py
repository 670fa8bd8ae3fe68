"""The page in a real browser, under the content-security policy that it is served with.

What is guarded here: figures that a reader misunderstands (a gap drawn as a line, made-up numbers
that look real, an old snapshot that looks like today's), stored text that becomes markup, and a
page that somebody cannot use: on a phone, without a mouse, with a screen reader, in the dark.
"""

import hashlib
import re
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from insights_assets.serving.service import Insights
from insights_assets.serving.timeliness import present_timeliness
from insights_assets.settings import Settings
from insights_assets_tests.support.api import client_of
from insights_assets_tests.support.browser import chromium
from insights_assets_tests.support.page import responses
from insights_assets_tests.support.page.server import WEB, PageServer

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.browser]

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DAY = date(2026, 1, 9)
NOW = datetime(2026, 1, 9, 15, 0, tzinfo=UTC)
NO_CALENDAR = {"ipo_heat": "the calendar has no history for past dates"}
API = "**/api/insights/**"
AXE = Axe()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=OPTIONS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def server():
    with PageServer() as running:
        yield running


@pytest.fixture
def api(server):
    """The API with a snapshot of today and a month without a gap, until a test says otherwise."""
    server.reset()
    server.snapshots[responses.CATEGORY] = responses.snapshot(DAY)
    server.trend = lambda days: responses.trend(DAY, days)
    return server


@contextmanager
def new_tab(browser):
    context = browser.new_context()
    context.set_default_timeout(5000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def tab(browser):
    """The tab that the tests share, on a clock that stands: a new one takes four times as long."""
    with new_tab(browser) as page:
        page.clock.set_fixed_time(NOW)
        yield page


@pytest.fixture
def ticking(browser):
    """A tab of its own for a test that moves the clock."""
    with new_tab(browser) as page:
        page.clock.install(time=NOW)
        yield page


@pytest.fixture
def visit(request, tab, api):
    """Open the page; in the end nothing may have complained but about the API's answers."""
    page = request.getfixturevalue("ticking") if "ticking" in request.fixturenames else tab
    complaints = []

    def complain(message):
        if message.type in ("error", "warning") and "/api/" not in message.location["url"]:
            complaints.append(message.text)

    def fail(error):
        complaints.append(str(error))

    def open_page(address="", *, width=1280, dark=False):
        page.goto("about:blank")  # an address that differs in its hash alone loads nothing
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        page.goto(api.url + address)
        expect(page.locator("main")).to_have_attribute("aria-busy", "false")
        return page

    page.on("console", complain)
    page.on("pageerror", fail)
    yield open_page
    page.remove_listener("console", complain)
    page.remove_listener("pageerror", fail)
    page.unroute_all()
    page.evaluate("localStorage.clear(), sessionStorage.clear()")
    page.mouse.move(0, 0)
    assert complaints == []


def card(page, title):
    return page.get_by_role("article", name=title, exact=True)


def test_a_snapshot_is_shown_in_numbers_and_words(visit):
    page = visit()

    gauge = page.get_by_role("region", name="Composite")
    expect(gauge).to_contain_text("72.5")
    expect(gauge).to_contain_text("Elevated")
    expect(gauge.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("^Score 72.5 of 100, elevated. Normal from 25, elevated from 60")
    )
    facts = page.get_by_role("region", name="This snapshot")
    expect(facts).to_contain_text(re.compile("Fri, Jan 9, 2026 .today.s"))
    expect(facts).to_contain_text("100% of the weight")
    expect(facts).to_contain_text("9:30 AM New York, 29 minutes ago")
    expect(page.get_by_role("article")).to_have_count(6)
    curve = card(page, "Yield curve")
    for text in (
        "Weight 15%",
        "70.0",
        "Elevated",
        "10Y - 2Y is 1.10 percentage points",
        "Fresh data",
    ):
        expect(curve).to_contain_text(text)
    expect(curve.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("last 30 days: now 70.0, lowest")
    )
    expect(page).to_have_title("AI sector risk: 72.5, Elevated")
    expect(page.locator("#chart canvas")).to_be_visible()
    expect(page.locator(".notice")).to_have_count(0)


def test_an_explanation_opens_with_the_keyboard_and_a_refresh_leaves_it_open(visit, ticking):
    page = visit()
    summary = card(page, "IPO heat").locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(card(page, "IPO heat")).to_contain_text("How to read it. 40 is a price")

    with page.expect_response(API):
        page.clock.run_for(316_000)

    expect(card(page, "IPO heat").locator("details")).to_have_attribute("open", "")
    expect(summary).to_be_focused()


def test_a_missing_metric_keeps_its_place_and_says_why(visit, api):
    api.snapshots[responses.CATEGORY] = responses.snapshot(
        DAY, missing=NO_CALENDAR, stale={"yield_curve"}
    )
    page = visit()

    titles = page.locator("article h3").all_text_contents()
    assert titles.index("IPO heat") == 3
    expect(card(page, "IPO heat")).to_contain_text("The calendar has no history for past dates")
    expect(card(page, "IPO heat")).to_contain_text("No reading")
    expect(card(page, "Yield curve")).to_contain_text("Stale")
    expect(page.locator("#facts")).to_contain_text("90% of the weight, without IPO heat")


@pytest.mark.parametrize(
    ("source", "text"),
    [("simulator", "The data are simulated"), ("replay", "a replay of recorded history")],
)
def test_a_stand_in_s_numbers_are_called_so(visit, api, source, text):
    api.snapshots[responses.CATEGORY] = responses.snapshot(DAY, source=source)

    expect(visit().locator("#notices")).to_contain_text(text)


def test_an_old_snapshot_does_not_look_like_today_s(visit, api):
    day = DAY - timedelta(5)
    fields = {"timeliness": present_timeliness(day, NOW).model_dump(mode="json")}
    api.snapshots[responses.CATEGORY] = responses.snapshot(day) | fields

    notices = visit().locator("#notices")
    expect(notices).to_contain_text("This snapshot is 5 days old: that of 2026-01-09 should exist")
    expect(notices).to_contain_text("The next one is due on 2026-01-10 at 09:30 New York.")


def test_without_a_snapshot_the_page_says_what_there_will_be(visit, api):
    api.snapshots.clear()
    page = visit()

    expect(page.locator("#notices")).to_contain_text("ai_sector_risk has no snapshot yet.")
    expect(page.locator("#notices")).to_contain_text("Yield curve (15%) and Fed expectations")
    expect(page.locator("#content")).to_be_hidden()


def test_an_api_that_is_down_can_be_tried_again(visit, api):
    page = visit()
    page.route(API, lambda route: route.abort("connectionrefused"))
    page.reload()
    expect(page.get_by_text("The API does not answer.")).to_be_visible()
    expect(page.locator("#content")).to_be_hidden()

    page.unroute(API)
    page.get_by_role("button", name="Try again").press("Enter")

    expect(card(page, "IPO heat")).to_be_visible()
    expect(page.locator(".notice")).to_have_count(0)
    expect(page.locator("h1")).to_be_focused()


def test_the_page_refreshes_itself_and_a_failure_leaves_the_figures(visit, api, ticking):
    page = visit()
    asked = len(api.asked)
    page.clock.run_for(200_000)
    assert len(api.asked) == asked

    api.snapshots[responses.CATEGORY] = responses.snapshot(DAY, composite=81.25)
    page.clock.run_for(116_000)
    expect(page.locator("#gauge")).to_contain_text("81.3High")

    page.route(API, lambda route: route.abort())
    page.clock.run_for(316_000)
    expect(page.locator("#notices")).to_contain_text("What you see is from the last answer.")
    expect(page.locator("#gauge")).to_contain_text("81.3")


def test_a_missing_trend_costs_the_chart_and_nothing_else(visit, api):
    api.trend = {}.get
    page = visit()

    expect(page.locator("#trend-notice")).to_contain_text("The trend cannot be loaded.")
    expect(card(page, "Yield curve")).to_contain_text("70.0")


def test_a_range_without_snapshots_is_not_an_empty_chart(visit, api):
    api.trend = lambda days: responses.trend(DAY, days, gaps=range(days))

    expect(visit().locator("#trend-notice")).to_contain_text("no snapshot between")


def test_protected_figures_ask_once_for_the_token(visit, api):
    api.token = "the token"
    page = visit()
    page.get_by_label("Read token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("That token was not accepted.")).to_be_visible()

    page.get_by_label("Read token").fill("the token")
    page.get_by_role("button", name="Show the figures").click()
    expect(card(page, "IPO heat")).to_be_visible()

    page.reload()
    expect(card(page, "IPO heat")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0


HOSTILE = '</script><img src=x onerror="window.hacked=1"><b>bold</b>javascript:hacked=1'
CONTRACT = {"date", "from", "to", "created_at", "next_expected_at"}
CONTRACT |= {"band_since", "last_as_high", "last_as_low"}


def hostile(part, key=None):
    """Replace every text of `answer` that is not a date or the category in the address."""
    if isinstance(part, dict):
        return {name: hostile(value, name) for name, value in part.items()}
    if isinstance(part, list):
        return [hostile(value) for value in part]
    if not isinstance(part, str) or key in CONTRACT or part == responses.CATEGORY:
        return part
    return part + HOSTILE


def test_stored_texts_stay_texts(visit, api):
    api.categories = hostile(responses.categories(("macro", "Macro")))
    api.snapshots[responses.CATEGORY] = hostile(responses.snapshot(DAY, missing=NO_CALENDAR))
    api.trend = lambda days: hostile(responses.trend(DAY, days))
    page = visit(width=360)
    for summary in page.locator("summary").all():
        summary.click()

    expect(page.locator("h1")).to_have_text("AI sector risk" + HOSTILE)
    for element in ("#gauge", "#facts", "#provenance", "#legend", "#table", "#category"):
        expect(page.locator(element)).to_contain_text(HOSTILE)
    for place in ("h3", ".summary", ".chip", ".formula"):
        expect(page.locator(f"article {place}").first).to_contain_text(HOSTILE)
    assert page.locator("img, b, body script").count() == 0
    assert page.evaluate("window.hacked") is None
    assert scrolls_sideways(page) is False


def test_gaps_are_gaps_in_the_chart_the_sparklines_and_the_table(visit, api):
    api.trend = lambda days: responses.trend(DAY, days, gaps={3})
    page = visit("?range=7")
    page.locator("[data-line=average_20]").click()
    page.locator("#numbers summary").click()

    expect(page.locator("#trend-help")).to_contain_text("6 of 7 days have a snapshot")
    expect(page.locator("#trend-notice")).to_have_text(
        "Tue, Jan 6, 2026 is missing: insights backfill --from 2026-01-06 --to 2026-01-06"
        " --category ai_sector_risk fills that."
    )
    expect(page.get_by_role("row", name="Tue, Jan 6, 2026 no snapshot")).to_be_visible()
    assert page.locator(".spark-line").first.get_attribute("d").count("M") == 2
    page.locator("#chart").press("Home")
    places = [cursor_place(page)]
    for _ in range(6):
        page.keyboard.press("ArrowRight")
        places.append(cursor_place(page))
    is_drawn = [ink(page, place) > 0 for place in places]
    assert is_drawn == [True, True, True, False, True, True, True]
    between = [ink(page, (a + b) / 2) > 0 for a, b in pairwise(places)]
    assert between == [True, True, False, False, True, True]


def cursor_place(page):
    return page.evaluate(
        "document.querySelector('.u-cursor-x').getBoundingClientRect().right"
        " - document.querySelector('#chart canvas').getBoundingClientRect().left"
    )


def ink(page, place):
    """Count the pixels around `place` that have the composite's colour."""
    return page.evaluate(
        """place => {
          const canvas = document.querySelector("#chart canvas");
          const copy = new OffscreenCanvas(6, canvas.height).getContext("2d");
          copy.drawImage(canvas, 3 - place, 0);
          const { data } = copy.getImageData(0, 0, 6, canvas.height - 40);
          let found = 0;
          for (let n = 0; n < data.length; n += 4)
            if (data[n + 3] > 200 && Math.max(...data.slice(n, n + 3)) < 60) found += 1;
          return found;
        }""",
        place,
    )


def test_ranges_are_chosen_with_the_keyboard_and_kept_in_the_address(visit):
    page = visit()
    year = page.get_by_role("button", name="1 year")
    year.press("Enter")

    expect(page.locator("#trend-help")).to_contain_text("365 of 365 days")
    expect(year).to_have_attribute("aria-pressed", "true")
    assert page.url.endswith("range=365")
    page.go_back()
    expect(page.locator("#trend-help")).to_contain_text("30 of 30 days")
    for days, label in ((7, "7 days"), (90, "90 days")):
        page.get_by_role("button", name=label).click()
        expect(page.locator("#trend-help")).to_contain_text(f"{days} of {days} days")


def test_the_arrow_keys_read_the_chart_day_by_day(visit):
    page = visit()
    chart = page.get_by_role("slider", name="Day in the trend chart")
    expect(chart).to_have_attribute(
        "aria-valuetext", re.compile("^Fri, Jan 9, 2026: composite 72.5, elevated, Average of 20")
    )
    chart.press("ArrowLeft")
    expect(page.locator("#readout")).to_contain_text("Thu, Jan 8, 2026")
    page.keyboard.press("Home")
    expect(chart).to_have_attribute("aria-valuetext", re.compile("^Thu, Dec 11, 2025: composite"))
    page.keyboard.press("Tab")
    expect(page.locator("#readout")).to_contain_text("Fri, Jan 9, 2026")


def test_a_refresh_leaves_the_read_out_where_it_was(visit, ticking):
    page = visit()
    page.locator("#chart").press("Home")
    with page.expect_response("**/trend?days=30*"):
        page.clock.run_for(316_000)

    expect(page.locator("main")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#chart")).to_be_focused()
    expect(page.locator("#readout")).to_contain_text("Thu, Dec 11, 2025")


def test_the_mouse_reads_the_chart_and_the_legend_switches_lines(visit):
    page = visit("?range=7")
    page.locator("#chart").hover(position={"x": 60, "y": 100})
    expect(page.locator("#readout")).to_contain_text("Sat, Jan 3, 2026")

    page.locator("[data-line=composite]").click()
    page.locator("[data-line=average_20]").click()
    page.mouse.move(0, 0)
    assert [ink(page, place) for place in (200, 400, 600)] == [0, 0, 0]
    curve = page.locator("[data-line=yield_curve]")
    curve.press("Space")

    expect(curve).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#chart")).to_have_attribute(
        "aria-valuetext", re.compile("Yield curve 70.0$")
    )


def test_more_than_one_category_brings_a_chooser(visit, api):
    expect(visit().get_by_label("Category")).to_be_hidden()

    api.categories = responses.categories(("macro", "Macro environment"))
    api.snapshots["macro"] = responses.snapshot(DAY, composite=12)
    page = visit("?category=macro&range=90")
    expect(page.locator("h1")).to_have_text("Macro environment")
    expect(page.locator("#gauge")).to_contain_text("12.0Low")
    page.get_by_label("Category").select_option("AI sector risk")
    expect(page.locator("#gauge")).to_contain_text("72.5Elevated")
    assert page.url.endswith(f"?category={responses.CATEGORY}&range=90")


HEADLINE = "Down 22.9 since Thursday: almost all of it smart money flow, −23.9 points."


def test_the_headline_and_the_bars_say_what_moved_it(visit, api):
    api.snapshots[responses.CATEGORY] = responses.snapshot(DAY, headline=HEADLINE)
    page = visit()

    expect(page.locator("#headline")).to_have_text(HEADLINE)
    bars = page.get_by_role("region", name="What makes it")
    expect(bars).to_contain_text("20% of the weight at 52.0, −23.9 since the day compared")
    expect(bars).to_contain_text("10.4 points")
    expect(page.locator("#certainty")).to_have_text("All metrics, all data fresh")


def test_a_missing_metric_makes_the_other_weights_larger_and_says_so(visit, api):
    api.snapshots[responses.CATEGORY] = responses.snapshot(DAY, missing=NO_CALENDAR)
    page = visit()

    expect(page.locator("#contributions")).to_contain_text("22.2% of the weight at 52.0")
    expect(page.locator("#contributions")).to_contain_text("(90% of all), made 100%")
    expect(page.locator("#certainty")).to_have_text("90% of the weight, without IPO heat")


def test_its_past_says_how_unusual_it_is_and_links_to_the_days(visit, api):
    page = visit()
    past = page.get_by_role("region", name="Against its own past")

    expect(past).to_contain_text("Higher than on 15% of the 750 sessions of the last 3 years")
    expect(past).to_contain_text("larger than 97% of the 749 changes from session to session")
    expect(past.get_by_role("img")).to_have_attribute("aria-label", re.compile("72.5 is marked"))
    expect(past).to_contain_text("A month ago")
    expect(past.get_by_role("link", name="Thu, Nov 20, 2025")).to_have_attribute(
        "href", re.compile("date=2025-11-20")
    )
    assert page.locator(".gauge-tick").count() == 4


def test_without_a_history_the_page_says_so_and_shows_the_rest(visit, api):
    api.snapshots[responses.CATEGORY] = responses.snapshot(DAY, past=None)
    page = visit()

    expect(page.locator("#past")).to_contain_text("cannot be read now")
    expect(page.locator("#gauge")).to_contain_text("72.5")


def test_too_short_a_history_gives_the_reason_instead_of_a_percentile(visit, api):
    short = {"value": None, "sessions": 12, "reason": "120 sessions are needed, 12 stored"}
    past = partial(
        responses.context,
        percentile={"composite": short, "change": short, "metrics": {}, "distribution": [0] * 20},
    )
    api.snapshots[responses.CATEGORY] = responses.snapshot(DAY, past=past)

    expect(visit().locator("#past")).to_contain_text("120 sessions are needed, 12 stored")


def test_a_click_in_the_chart_opens_the_day_and_the_way_back_is_there(visit, api):
    api.past["2026-01-08"] = responses.snapshot(DAY - timedelta(1), composite=30)
    page = visit("?range=7")
    page.locator("#chart").press("ArrowLeft")
    page.keyboard.press("Enter")

    expect(page.locator("#gauge")).to_contain_text("30.0Normal")
    expect(page.locator("#days")).to_contain_text("Thu, Jan 8, 2026 (a past day)")
    assert "date=2026-01-08" in page.url
    expect(page.locator("#notices")).to_be_empty()
    page.get_by_role("link", name="Back to the latest").click()
    expect(page.locator("#gauge")).to_contain_text("72.5Elevated")


def test_a_day_without_a_snapshot_says_so_and_shows_no_other_day(visit, api):
    page = visit("?date=2025-12-25")

    expect(page.locator("#notices")).to_contain_text("No snapshot of that day.")
    expect(page.locator("#content")).to_be_hidden()


def test_two_days_stand_side_by_side(visit, api):
    api.past["2025-12-20"] = responses.snapshot(date(2025, 12, 20), composite=40)
    page = visit("?compare=2025-12-20")
    table = page.get_by_role("region", name="Two days side by side")

    expect(
        table.get_by_role("row", name=re.compile("^Composite 40.0 Normal 72.5 Elevated .32.5"))
    ).to_be_visible()
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []


def test_a_metric_has_a_page_in_its_own_unit(visit, api):
    page = visit()
    page.get_by_role("link", name="Yield curve").click()

    metric = page.get_by_role("region", name="Yield curve")
    expect(metric).to_contain_text("1.1 percentage points")
    expect(metric).to_contain_text("How to read it.")
    expect(page.locator("#metric-chart canvas")).to_be_visible()
    expect(page.locator("#metric-readout")).to_contain_text("1.4 percentage points, score 70.0")
    expect(page.get_by_role("region", name="Composite")).to_be_hidden()
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []
    page.get_by_role("link", name="Back to all metrics").click()
    expect(page.locator("#gauge")).to_contain_text("72.5")


def test_the_keyboard_zooms_and_shows_all_again(visit):
    page = visit("?range=90")
    chart = page.locator("#chart")
    chart.press("End")
    whole = cursor_place(page)
    chart.press("ArrowLeft")
    step = whole - cursor_place(page)
    chart.press("+")
    chart.press("ArrowRight")
    at_end = cursor_place(page)
    chart.press("ArrowLeft")

    assert at_end - cursor_place(page) > 1.5 * step
    chart.press("0")
    chart.press("End")
    assert abs(cursor_place(page) - whole) < 1


def test_a_double_click_on_a_line_s_name_shows_it_alone(visit):
    page = visit()
    page.locator("[data-line=yield_curve]").dblclick()

    pressed = page.locator("#legend [aria-pressed=true]")
    expect(pressed).to_have_count(1)
    expect(pressed).to_contain_text("Yield curve")


def test_a_custom_range_is_kept_in_the_address(visit):
    page = visit()
    page.get_by_text("Another range").click()
    page.get_by_label("From", exact=True).fill("2025-11-01")
    page.get_by_label("to", exact=True).fill("2025-12-31")
    page.get_by_role("button", name="Show", exact=True).click()

    expect(page.locator("#trend-help")).to_contain_text("61 of 61 days")
    assert page.url.endswith("range=2025-11-01..2025-12-31")


def test_the_numbers_can_be_had_as_a_file(visit):
    page = visit()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()

    assert download.value.suggested_filename == f"{responses.CATEGORY}.csv"
    assert download.value.path().read_text().startswith("date,composite")


def test_a_link_of_the_first_edition_still_leads_where_it_did(visit):
    page = visit(f"#{responses.CATEGORY}/365")

    expect(page.locator("#trend-help")).to_contain_text("365 of 365 days")
    assert page.url.endswith(f"?category={responses.CATEGORY}&range=365")


def test_on_a_phone_the_trend_follows_the_gauge_and_the_legend_is_one_row(visit):
    page = visit(width=390)
    places = [page.locator(place).bounding_box()["y"] for place in ("#gauge", "#trend", "#past")]

    assert places == sorted(places)
    rows = {round(item.bounding_box()["y"]) for item in page.locator("#legend button").all()}
    assert len(rows) == 1


def scrolls_sideways(page):
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


@pytest.mark.parametrize("width", [320, 360, 768])
def test_a_narrow_screen_does_not_scroll_sideways(visit, api, width):
    api.snapshots[responses.CATEGORY] = responses.snapshot(
        DAY, missing=NO_CALENDAR, source="simulator"
    )
    page = visit(width=width)
    for summary in page.locator("summary").all():
        summary.click()

    assert scrolls_sideways(page) is False
    buttons = page.locator("#ranges").bounding_box()
    assert buttons["x"] + buttons["width"] <= width


def ground(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_theme_follows_the_system_until_the_button_decides(visit):
    page = visit(dark=True)
    dark = ground(page)
    page.emulate_media(color_scheme="light")
    light = ground(page)
    assert light != dark

    page.get_by_role("button", name="Dark theme").click()
    assert ground(page) == dark
    page.reload()
    expect(page.get_by_role("button", name="Light theme")).to_be_visible()
    assert ground(page) == dark


def test_motion_is_reduced_for_those_who_ask_and_focus_is_visible(visit):
    page = visit()
    needle = "getComputedStyle(document.querySelector('.gauge-needle')).transitionDuration"
    assert page.evaluate(needle) == "0s"
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(needle) == "0.6s"

    for _ in range(6):
        page.keyboard.press("Tab")
        outline = "getComputedStyle(document.activeElement).outline"
        assert "solid 3px" in page.evaluate(outline)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(visit, api, dark):
    whole = responses.snapshot(DAY, missing=NO_CALENDAR, stale={"yield_curve"}, source="simulator")
    api.categories = responses.categories(("macro", "Macro environment"))
    api.snapshots[responses.CATEGORY] = whole
    api.trend = lambda days: responses.trend(DAY, days, gaps={3, 4})
    page = visit(dark=dark)
    for summary in page.locator("summary").all():
        summary.click()
    page.locator("[data-line=yield_curve]").click()
    violations_by_page = {"data": violations(page)}

    api.snapshots.clear()
    page.reload()
    expect(page.get_by_text("Nothing to show yet.")).to_be_visible()
    violations_by_page["empty"] = violations(page)

    api.token = "secret"
    page.reload()
    expect(page.get_by_label("Read token")).to_be_visible()
    violations_by_page["token"] = violations(page)

    page.route(API, lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    violations_by_page["down"] = violations(page)

    assert violations_by_page == {"data": [], "empty": [], "token": [], "down": []}


@pytest.mark.parametrize("address", ["docs", "methodology"])
def test_the_pages_beside_it_are_as_accessible(visit, address):
    served = client_of(Settings(), Insights(None, None)).get(f"/{address}")
    page = visit()
    page.route(
        f"**/{address}",
        lambda route: route.fulfill(body=served.text, headers=dict(served.headers)),
    )
    page.get_by_role("link", name={"docs": "API"}.get(address, "Methodology")).click()
    expect(page.get_by_role("link", name="Back to the page")).to_be_visible()

    problems = violations(page)
    page.emulate_media(color_scheme="dark")
    assert problems + violations(page) == []


def violations(page):
    rules = AXE.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        (violation["id"], node["target"], node["failureSummary"])
        for violation in rules
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("path", sorted(WEB.glob("*.js")), ids=lambda path: path.name)
def test_our_scripts_are_short_and_never_make_markup_of_texts(path):
    script = path.read_text(encoding="utf-8")

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)
    assert len(script.splitlines()) < 200


def test_the_vendored_library_is_the_published_one():
    folder = WEB / "vendor" / "uplot"
    listed = re.findall(r"\| (\S+) \| ([0-9a-f]{64}) \|", (folder / "SOURCE.md").read_text())

    assert len(listed) == 2
    for name, digest in listed:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
