"""`tieout decide` as a person uses it: a break, a decision, a run, and the break is resolved."""

import json
from pathlib import Path

import pytest

from tests.pipeline.test_cli import tieout

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pipeline")]

JOURNALS = """\
entry_id,journal_id,account,amount_minor,currency,effective_at,event_type
d1,j1,cash,1000,USD,2026-01-02T10:00:00Z,transfer
c1,j1,fees,-995,USD,2026-01-02T10:00:00Z,transfer
d2,j2,cash,90000,USD,2026-01-02T10:00:00Z,transfer
c2,j2,fees,-80000,USD,2026-01-02T10:00:00Z,transfer
d3,j3,cash,500,USD,2026-01-02T10:00:00Z,transfer
"""
ANN = ("--actor", "Ann", "--role", "analyst")
BEN = ("--actor", "Ben", "--role", "approver")


def rows(home: Path, query: str) -> list[dict[str, object]]:
    answer = tieout("sql", query, "--home", home, "--format", "json")
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.splitlines()]


def breaks(home: Path) -> dict[str, str]:
    found = rows(home, "select reference, break_id from fct_breaks order by 1")
    return {str(row["reference"]): str(row["break_id"]) for row in found}


def history(home: Path, item: str) -> list[tuple[object, object]]:
    found = rows(
        home,
        f"select event, because from fct_break_history where break_id = '{item}' order by event_no",
    )
    return [(row["event"], row["because"]) for row in found]


def run(home: Path) -> str:
    done = tieout("run", "--home", home)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_break_is_worked_from_the_command_line(tmp_path: Path) -> None:
    home = tmp_path / "w"
    tieout("init", home, "--as-of", "2026-01-31")
    (home / "inbox" / "ledger_entries.csv").write_text(JOURNALS)
    run(home)
    items = breaks(home)
    assert list(items) == ["j1", "j2", "j3"]

    def decide(*arguments: str) -> str:
        done = tieout("decide", *arguments, "--home", home)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    small = decide("write-off", items["j1"][:8], *ANN, "--reason", "rounding")
    assert "write off of 1 item of ledger_balance, 0.05 USD" in small
    assert "takes effect with the next: tieout run" in small
    large = decide("write-off", items["j2"], *ANN, "--reason", "not_recoverable", "--note", "old")
    assert "waits for approval" in large
    decision = large.split()[1].rstrip(":")
    assert "The other party was asked" not in decide("list")
    decide("explain", items["j3"], *ANN, "--reason", "under_inquiry")
    assert "The other party was asked" in decide("list")
    (waiting,) = map(json.loads, decide("list", "--waiting", "--json").splitlines())
    assert (waiting["decision_id"], waiting["state"], waiting["note"]) == (
        decision,
        "waiting",
        "old",
    )

    assert "Published edition" in run(home)
    assert list(breaks(home)) == ["j2", "j3"]
    assert history(home, items["j1"])[-1] == ("resolved", "written off by Ann: Rounding")
    assert "Nothing changed" in run(home)

    own = tieout("decide", "approve", decision, *ANN, "--home", home)
    assert (own.returncode, len(own.stderr.splitlines())) == (2, 1)
    assert "the role analyst may not do this" in own.stderr
    assert "is approved by Ben" in decide("approve", decision[:8], *BEN)
    first = small.split()[1].rstrip(":")
    assert "is revoked by Ben" in decide("revoke", first, *BEN, "--reason", "posting_error")
    run(home)
    assert list(breaks(home)) == ["j1", "j3"]
    assert history(home, items["j1"])[-1] == (
        "reopened",
        "the write-off by Ann was revoked by Ben",
    )
    assert history(home, items["j2"])[-1][1] == "written off by Ann: It cannot be recovered"
    # A decision is a record like any other: it came in a file, and its line can be read.
    told = tieout("explain", decision, "--home", home)
    assert told.returncode == 0, told.stderr
    assert "decisions/1-3.jsonl" in told.stdout
    assert "not_recoverable" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("write-off", "0" * 32, *ANN, "--reason", "rounding"), "nothing has been published yet"),
        (("revoke", "0" * 32, *ANN), "there is no proposal"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    tieout("init", tmp_path / "w")
    done = tieout("decide", *arguments, "--home", tmp_path / "w")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert said in " ".join(done.stderr.split())
