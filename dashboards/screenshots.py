"""Screenshots of all pages for the docs: ``python -m dashboards.screenshots --home X --out Y``.

With ``--width 400`` every page is shown as a window of that width has it, to be looked at. Needs
Playwright and a Chromium, which come with the development dependencies only.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tieout.editions import Editions
from tieout.settings import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
START_SECONDS = 40
# The page as Streamlit itself marks it when its script has come to its end.
AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"


@dataclass(frozen=True)
class Shot:
    """One picture: its file name, the address below the server, theme and size.

    ``{item}`` in an address stands for the break that puts the most at risk.
    """

    name: str
    address: str
    theme: Literal["light", "dark"]
    width: int
    height: int


SHOTS = (
    Shot("overview-light.png", "", "light", 1440, 1340),
    Shot("reconciliation-light.png", "reconciliation", "light", 1440, 1500),
    Shot("breaks-light.png", "breaks", "light", 1440, 1340),
    Shot("story-light.png", "story?id={item}", "light", 1440, 1340),
    Shot("record-dark.png", "record?item={item}", "dark", 1440, 1100),
    Shot("flow-light.png", "flow", "light", 1440, 1340),
    Shot("payouts-dark.png", "payouts", "dark", 1440, 1340),
    Shot("revenue-light.png", "revenue", "light", 1440, 1340),
    Shot("cost-light.png", "cost", "light", 1440, 1240),
    Shot("success-light.png", "success", "light", 1440, 1340),
    Shot("merchants-light.png", "merchants", "light", 1440, 1340),
    Shot("fees-light.png", "fees", "light", 1440, 1340),
    Shot("disputes-dark.png", "disputes?look=Cohorts", "dark", 1440, 1100),
    Shot("fx-light.png", "fx", "light", 1440, 1240),
    Shot("statements-dark.png", "statements?look=Income+statement", "dark", 1440, 1100),
    Shot("audit-light.png", "audit", "light", 1440, 1340),
    Shot("quality-light.png", "quality", "light", 1440, 1340),
    Shot("pipeline-dark.png", "pipeline", "dark", 1440, 1340),
    Shot("overview-dark.png", "", "dark", 1440, 1340),
)


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The dashboards of a workspace on a free port of this machine; yields the address."""
    folder = Path(__file__).parent
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
        cwd=folder,
        env={**os.environ, "TIEOUT_HOME": str(home.resolve())},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"{address}_stcore/health", server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=60)


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers; it must do so within half a minute or so."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the dashboards did not answer within {START_SECONDS} seconds")


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium: that of the system, or the one that Playwright brought."""
    from playwright.sync_api import sync_playwright

    executable = str(CHROMIUM) if CHROMIUM.exists() else None
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            yield chromium
        finally:
            chromium.close()


def settle(page: Page, pause: int = 300) -> None:
    """Wait until the page stands still: its title is there, and nothing runs or loads.

    What a click asks for begins a moment after it, so the script has to be at rest before the pause
    and still after it.
    """
    page.wait_for_selector("h1")
    page.wait_for_selector(AT_REST)
    page.wait_for_timeout(pause)
    page.wait_for_selector(AT_REST)
    page.wait_for_selector("[data-testid=stSkeleton]", state="detached")


def worst_break(home: Path) -> str:
    """The id of the break that puts the most at risk."""
    with Editions(Workspace.open(home).editions).open_edition() as edition:
        worst = edition.execute(
            "select break_id from fct_breaks order by value_reporting_minor desc, break_id limit 1"
        ).fetchone()
    return str(worst[0]) if worst else ""


def take(home: Path, out: Path, width: int | None = None) -> list[Path]:
    """Write all screenshots of a workspace, in a width of one's own or in theirs."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    item = worst_break(home)
    with served(home) as address, browser() as chromium:
        for shot in SHOTS:
            context = chromium.new_context(
                viewport={"width": width or shot.width, "height": shot.height},
                color_scheme=shot.theme,
            )
            page = context.new_page()
            page.goto(address + shot.address.format(item=item))
            settle(page, pause=1500)  # charts are drawn after everything else
            page.screenshot(path=out / shot.name)
            written.append(out / shot.name)
            context.close()
    return written


def main() -> None:
    """Read the arguments and take the screenshots."""
    parser = argparse.ArgumentParser(description="Screenshots of the dashboards.")
    parser.add_argument("--home", type=Path, required=True, help="the workspace to show")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--width", type=int, help="in pixels; without it, that of each picture")
    arguments = parser.parse_args()
    for path in take(arguments.home, arguments.out, arguments.width):
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
