"""The pages in a real browser: nothing is red, and every figure leads to its original line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.dashboards import small_edition
from tests.dashboards.registry import pages
from tieout.decisions.desk import Desk

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
if not CHROMIUM.exists() and os.environ.get("CI") != "true":
    pytest.skip(f"there is no Chromium at {CHROMIUM}", allow_module_level=True)

from playwright.sync_api import Browser, ConsoleMessage, Page, expect  # noqa: E402

from dashboards.screenshots import browser, served, settle  # noqa: E402

ROW = 36  # the height of a row of a grid, which is a canvas
# A deep link makes Streamlit ask for these two below the page's path, where they are not.
HARMLESS = re.compile(r"_stcore/(health|host-config)")

BROKEN = small_edition.item_id("payout_bank", "broken")
# Every page of the router, and the parts of pages that look different.
ADDRESSES = {"overview": "", "record": f"record?item={BROKEN}", "story": f"story?id={BROKEN}"}
PATHS = [ADDRESSES.get(page, page) for page in pages()]
AXE_PATHS = (*PATHS, "audit?look=SQL", "breaks?view=Decisions")


@dataclass
class Opened:
    """The dashboards of the small edition, and what the console has complained of."""

    browser: Browser
    address: str
    complaints: list[str] = field(default_factory=list)

    def page(self, path: str = "", *, theme: str = "light", width: int = 1440) -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": 1200},
            color_scheme="dark" if theme == "dark" else "light",
        )
        page = context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(urljoin(self.address, path))
        settle(page)
        return page

    def _console(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        is_ours = not url or url.startswith(self.address)
        if message.type == "error" and is_ours and not HARMLESS.search(url):
            self.complaints.append(message.text)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    home = small_edition.workspace(tmp_path_factory.mktemp("books"))
    small_edition.publish(home)
    with served(home.home) as address, browser() as chromium:
        yield Opened(chromium, address)


def assert_fine(opened: Opened, page: Page) -> None:
    assert page.locator(".st-key-error").count() == 0
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.locator("h1").count() == 1
    assert opened.complaints == []


def select(page: Page, grid: int, row: int) -> None:
    """Tick a row of a grid. It is a canvas, so the place is reckoned from its rows."""
    frame = page.locator("[data-testid=stDataFrame]").nth(grid)
    frame.locator("canvas").first.wait_for()
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + ROW * (row + 1) + ROW / 2)
    page.wait_for_timeout(500)
    settle(page)


@pytest.mark.parametrize(
    ("path", "theme", "width"),
    [
        *((path, ("light", "dark")[place % 2], 400) for place, path in enumerate(PATHS)),
        ("reconciliation?period=Nov+2026", "light", 1024),
        ("record?item=nothing", "dark", 400),
        ("payouts?period=Nov+2026", "dark", 1024),
        ("success?look=Routing", "dark", 1440),
    ],
)
def test_every_page_opens(opened: Opened, path: str, theme: str, width: int) -> None:
    page = opened.page(path, theme=theme, width=width)
    assert_fine(opened, page)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
    page.context.close()


def test_the_morning_check(opened: Opened) -> None:
    """What is wrong, since when, and which breaks nobody has taken: without typing anything."""
    page = opened.page()
    main = page.locator("[data-testid=stMain]")
    expect(page.locator(".st-key-verdict")).to_contain_text("$15.00 of $2,250.00")
    needs = page.locator(".st-key-needs").get_by_role("link")
    assert needs.count() > 0
    page.get_by_role("link", name="Breaks", exact=True).click()
    page.wait_for_selector("h1:has-text('Breaks')")
    settle(page)
    main.get_by_text("10 open breaks put $15.00 at risk").first.wait_for()
    page.get_by_role("link", name="Data quality", exact=True).click()
    page.wait_for_selector("h1:has-text('Data quality')")
    settle(page)
    page.get_by_role("link", name="Pipeline", exact=True).click()
    page.wait_for_selector("h1:has-text('Pipeline')")
    settle(page)
    main.get_by_text("No run has been noted yet").first.wait_for()
    page.go_back()
    page.wait_for_selector("h1:has-text('Data quality')")
    settle(page)
    assert_fine(opened, page)
    page.context.close()


def test_from_a_figure_to_the_original_line(opened: Opened) -> None:
    page = opened.page()
    page.get_by_role("link", name="amount mismatch").click()
    page.wait_for_selector("h1:has-text('Reconciliation')")
    settle(page)
    assert "type=Amount+mismatch" in page.url
    select(page, grid=1, row=1)
    detail = page.locator(".st-key-detail")
    detail.get_by_text(f"{small_edition.ORIGIN}:3").first.wait_for()
    page.locator(".st-key-open button").click()
    page.wait_for_selector("h1:has-text('Payments to settlement')")
    settle(page)
    main = page.locator("[data-testid=stMain]")
    expect(main).to_contain_text("ch_2,49.00,card 411111******1111")
    assert small_edition.CARD not in page.content()
    assert_fine(opened, page)
    # The way back leads to the same selection.
    main.get_by_role("link", name="Reconciliation").click()
    page.wait_for_selector("h1:has-text('Reconciliation')")
    settle(page)
    assert "type=Amount+mismatch" in page.url
    page.context.close()


def test_a_copied_link_shows_the_same(opened: Opened) -> None:
    page = opened.page("?period=Nov+2026&currency=EUR")
    seen = page.locator(".st-key-verdict").inner_text()
    assert "€5.00" in seen
    page.locator(".st-key-link button").click()
    link = page.locator("[data-testid=stPopoverBody] code").inner_text()
    page.context.close()
    assert "edition=2026-11-22" in link
    other = opened.page(link)
    assert other.locator(".st-key-verdict").inner_text() == seen
    other.get_by_role("link", name="Reconciliation").click()
    other.wait_for_selector("h1:has-text('Reconciliation')")
    settle(other)
    assert "currency=EUR" in other.url
    assert "period=Nov+2026" in other.url
    assert_fine(opened, other)
    other.context.close()


def test_a_selected_leg_becomes_the_filter_in_the_address(opened: Opened) -> None:
    page = opened.page("reconciliation")
    select(page, grid=0, row=4)
    page.wait_for_url("**leg=Payout+to+bank**")
    settle(page)
    assert not page.locator("[aria-label^='Download as CSV']").first.is_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("item_id,leg,status")
    assert len(lines) == 3  # the broken items in two currencies
    assert_fine(opened, page)
    page.context.close()


def decide_as(page: Page, name: str, role: str) -> None:
    """Say who decides."""
    page.get_by_role("button", name="Deciding as").click()
    body = page.locator("[data-testid=stPopoverBody]")
    body.get_by_label("Your name").fill(name)
    body.get_by_label("Your name").press("Enter")
    settle(page)
    body.get_by_role("combobox").click()
    page.get_by_role("option", name=role, exact=True).click()
    settle(page)
    page.keyboard.press("Escape")
    settle(page)


# A thousand times as much is above what one person may give up.
LARGE = """
update fct_reconciliation_items set left_minor = 1000 * left_minor,
    right_minor = 1000 * right_minor, difference_minor = 1000 * difference_minor;
update fct_breaks set left_minor = 1000 * left_minor, right_minor = 1000 * right_minor,
    difference_minor = 1000 * difference_minor, value_minor = 1000 * value_minor,
    value_reporting_minor = 1000 * value_reporting_minor
"""


def test_from_a_break_to_a_write_off_by_two_people(opened: Opened, tmp_path: Path) -> None:
    home = small_edition.workspace(tmp_path)
    small_edition.publish(home, extra=LARGE)
    with served(home.home) as address:
        page = Opened(opened.browser, address, opened.complaints).page("breaks?leg=Payout+to+bank")
        main = page.locator("[data-testid=stMain]")
        decide_as(page, "Ann", "analyst")
        select(page, grid=0, row=0)
        page.get_by_role("radio", name="Write off").click()
        main.get_by_text("Give up the difference").wait_for()
        settle(page)
        page.get_by_role("button", name="Write off", exact=True).click()
        main.get_by_text("Write off: 1 decision waits for approval").wait_for()
        page.get_by_role("radio", name="Decisions").click()
        settle(page, 1000)
        select(page, grid=0, row=0)
        # Nobody approves a decision of their own, whatever the role they claim.
        decide_as(page, "ann ", "approver")
        page.get_by_role("button", name="Approve", exact=True).click()
        main.get_by_text("Nobody may approve a decision of their own").first.wait_for()
        decide_as(page, "Ben", "approver")
        page.get_by_role("button", name="Approve", exact=True).click()
        main.get_by_text("0 decisions wait for approval").first.wait_for()
        assert_fine(opened, page)
        page.context.close()
    (standing,) = Desk(home).standings()
    assert (standing.state, standing.decision.actor) == ("stands", "Ann")
    assert standing.answer is not None
    assert standing.answer.actor == "Ben"


def test_no_request_leaves_the_machine(opened: Opened) -> None:
    context = opened.browser.new_context()
    page = context.new_page()
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(opened.address)
    settle(page)
    assert hosts == {opened.address.split("/")[2]}
    context.close()


def serious(page: Page) -> list[str]:
    """What axe finds on a page that keeps somebody from using it."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not here")
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {node['html']}"
        for v in found
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(opened: Opened, theme: str) -> None:
    found = []
    for path in AXE_PATHS:
        page = opened.page(path, theme=theme, width=1440 if theme == "light" else 1024)
        assert_fine(opened, page)
        found += [f"{path}: {what}" for what in serious(page)]
        page.context.close()
    assert found == []


def test_a_view_is_saved_and_opened_from_another_page(opened: Opened) -> None:
    page = opened.page("breaks?leg=Payout+to+bank&view=Over+30+days")
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Save what is on the screen as").fill("Old ones of the bank")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Old ones of the bank").wait_for()
    page = opened.page("breaks?leg=Payments+to+ledger", theme="dark", width=1024)
    page.get_by_role("button", name="Views").click()
    page.get_by_role("link", name="Old ones of the bank").click()
    page.wait_for_url("**/breaks?leg=Payout*")
    settle(page)
    assert page.locator(".st-key-leg input").input_value() == "Payout to bank"
    assert_fine(opened, page)


def test_a_chart_is_saved_as_a_picture(opened: Opened) -> None:
    page = opened.page("revenue")
    page.locator("[data-testid=stVegaLiteChart]").first.hover()
    with page.expect_download() as download:
        page.get_by_label("Download as PNG").first.click()
    assert download.value.suggested_filename.endswith(".png")
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    assert_fine(opened, page)


# A million rows: writing them as a workbook takes minutes.
MANY = """
insert into fct_payment_attempts_monthly by name
select a.* replace (range as attempts)
from (from fct_payment_attempts_monthly limit 1) as a, range(1000000)
"""


def test_long_work_is_cancelled_and_the_page_goes_on(opened: Opened, tmp_path: Path) -> None:
    home = small_edition.workspace(tmp_path)
    small_edition.publish(home, extra=MANY)
    with served(home.home) as address:
        here = Opened(opened.browser, address, opened.complaints)
        page = here.page("audit?look=SQL")
        main = page.locator("[data-testid=stMain]")
        query = page.get_by_label("Query", exact=True)
        query.fill("select count(*) from range(1000000000) as a, range(1000000) as b")
        page.get_by_role("button", name="Run", exact=True).click()
        main.get_by_text(re.compile("Running, for 60 s at most: [1-9]")).wait_for()
        page.get_by_role("button", name="Cancel").click()
        main.get_by_text("Cancelled after").wait_for()
        query.fill("select count(*) as breaks from fct_breaks")
        page.get_by_role("button", name="Run", exact=True).click()
        main.get_by_text("1 row", exact=True).wait_for()
        page.context.close()

        page = here.page("success?look=Cuts")
        main = page.locator("[data-testid=stMain]")
        page.get_by_role("button", name="Export Excel").click()
        main.get_by_text(
            re.compile(r"Writing Excel: \d+ s, [1-9][0-9,]* of 1,000,004 rows")
        ).wait_for()
        # The page can be used meanwhile, and the work goes on.
        page.get_by_role("radio", name="Method").click()
        main.get_by_text("Writing Excel").wait_for()
        page.get_by_role("button", name="Cancel").click()
        main.get_by_text("no file was kept").wait_for()
        # What is quicker than one would cancel is there to be saved.
        page.get_by_role("button", name="Export CSV").click()
        with page.expect_download(timeout=120_000) as download:
            page.get_by_role("button", name="Save CSV").click(timeout=120_000)
        with Path(download.value.path()).open(encoding="utf-8") as file:
            assert sum(1 for _ in file) == 1_000_005
        assert_fine(here, page)
        page.context.close()
