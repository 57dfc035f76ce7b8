"""Fifty readers while editions are published in a loop: no error, and no figure of another one."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dashboards import data
from tests.dashboards import small_edition
from tieout.settings import Workspace

READERS, EDITIONS = 50, 4
# Every edition says its number in three tables of different kinds.
NUMBERED = """
update fct_breaks set value_minor = {number};
update fct_revenue_monthly set net_revenue_minor = {number};
update rpt_reconciliation_daily set value_minor = {number}
"""
QUESTIONS = (
    "select distinct value_minor as number from fct_breaks",
    "select distinct net_revenue_minor as number from fct_revenue_monthly",
    "select distinct value_minor as number from rpt_reconciliation_daily",
)


def publish_all(home: Path) -> None:
    """What a run does at its end, again and again, in a process of its own."""
    for number in range(2, EDITIONS + 1):
        small_edition.publish(Workspace(home), extra=NUMBERED.format(number=number))


def read(home: Workspace, stop: threading.Event) -> Counter[int]:
    """Look at the current edition now and then; how often each number was seen."""
    seen: Counter[int] = Counter()
    while not stop.wait(0.1):
        edition_id = data.current_edition_id(home)
        assert edition_id in {edition.edition_id for edition in data.editions(home)}
        told = [data.rows(home, edition_id, sql, {}) for sql in QUESTIONS]
        (number,) = {row["number"] for rows in told for row in rows}
        seen[number] += 1
    return seen


@pytest.mark.slow
def test_no_reader_sees_an_error_or_two_editions_at_once(tmp_path: Path) -> None:
    home = small_edition.workspace(tmp_path)
    small_edition.publish(home, extra=NUMBERED.format(number=1))
    writer = multiprocessing.get_context("spawn").Process(target=publish_all, args=(home.home,))
    stop = threading.Event()
    with ThreadPoolExecutor(READERS) as readers:
        jobs = [readers.submit(read, home, stop) for _ in range(READERS)]
        writer.start()
        writer.join(timeout=120)
        stop.wait(1)  # so that the last edition is seen too
        stop.set()
    seen = sum((job.result() for job in jobs), Counter())
    assert writer.exitcode == 0
    assert seen.keys() == set(range(1, EDITIONS + 1))
