"""`tieout explain` on the simulated company, against the truth and the inbox read by plain means.

Nothing here asks the library how to read a file: lines are counted and columns are summed with
`csv`, text and DuckDB on the files of the inbox.
"""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.pipeline.conftest import Company
from tieout.canonical import Canonical
from tieout.explain import Store, Story, as_json, explain
from tieout.explain.story import Leg, Line
from tieout.landing import Landing

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pipeline")]

CASES, ORDINARY, SEED = 50, 50, 20260105
# Of these the line that is wrong is not there: no file has it.
ABSENT = ("settlement_line_missing", "settlement_line_late", "ledger_posting_missing",
          "bank_entry_missing", "file_truncated")  # fmt: skip

Row = dict[str, Any]


@pytest.fixture(scope="module")
def store(company: Company) -> Iterator[Store]:
    workspace, editions = company.workspace, company.editions
    with editions.connect() as connection:
        store = Store(
            editions.get(), connection, Canonical(workspace.canonical), Landing(workspace.landing)
        )
        yield store
        store.close()


def plainly(sql: str) -> list[Row]:
    cursor = duckdb.sql(sql)
    return [dict(zip(cursor.columns, row, strict=True)) for row in cursor.fetchall()]


def truth_of(company: Company) -> list[Row]:
    return plainly(
        f"select * from '{company.truth}/errors.parquet' order by error_id, leg, reference"
    )


def tell(store: Store, asked: str) -> Story:
    answer = explain(store, asked)
    assert isinstance(answer, Story), answer
    return answer


def holds(inbox: Path, line: Line) -> None:
    """The text of a line is what stands in the file of the inbox at that place."""
    path = inbox / line.place.origin
    assert line.text is not None, line
    if path.suffix == ".parquet":
        (row,) = plainly(
            f"select * exclude file_row_number from read_parquet('{path}', file_row_number = true)"
            f" where file_row_number = {line.place.line - 1}"
        )
        said = json.loads(line.text)
        assert list(said) == list(row)
        assert [said[name] for name, value in row.items() if isinstance(value, str | int)] == [
            value for value in row.values() if isinstance(value, str | int)
        ]
    else:
        there = path.read_text().splitlines()[line.place.line - 1]
        assert line.text.splitlines()[0] in there, line


def leg_of(story: Story, case: Row) -> Leg:
    """The leg that a case must show in: as broken, or among the matched for a decoy."""
    own = [leg for leg in story.legs if leg.leg == case["leg"]]
    wanted = [leg for leg in own if leg.break_type == case["break_type"]]
    assert wanted, (case, own)
    return wanted[0]


def names_of(case: Row) -> list[str]:
    names = [case["reference"], case["payment_id"], case["event_id"]]
    return [name for name in dict.fromkeys(names) if name]


def test_planted_cases_are_told_as_what_they_are(company: Company, store: Store) -> None:
    cases = [case for case in truth_of(company) if case["leg"] != "files"]
    inbox = company.workspace.inbox
    for case in random.Random(SEED).sample(cases, CASES):
        for name in names_of(case):
            story = tell(store, name)
            leg = leg_of(story, case)
            for line in story.lines:
                holds(inbox, line)
            if case["expected"] == "matched":
                assert leg.status.startswith("matched"), (case, leg)
                continue
            assert leg.status == "broken"
            if leg.difference is not None:
                assert abs(leg.difference.minor) == case["amount_minor"], (case, leg)
                assert leg.difference.currency == case["currency"]
            else:
                assert case["break_type"] == "currency_mismatch"
                assert {
                    amount.currency for side in (leg.left, leg.right) for amount in side.amounts
                }
            if case["error_type"] not in ABSENT:
                origins = {line.place.origin for line in story.lines}
                assert case["file"] in origins, (case, origins)
            lost = leg.left.records == 0 or leg.right.records == 0
            assert lost == (case["break_type"] in MISSING), (case, leg)


MISSING = ("late", "missing_in_payments", "missing_in_ledger", "missing_in_settlement",
           "missing_in_bank", "unknown_reference", "status_mismatch")  # fmt: skip


def test_wrong_statements_are_told_of_their_file(company: Company, store: Store) -> None:
    cases = [case for case in truth_of(company) if case["leg"] == "files"]
    assert cases
    for case in cases:
        file = tell(store, case["file"]).file
        assert file is not None
        broken = [total for total in file.control_totals if not total.holds]
        assert any(case["reference"].split()[0] in total.scope for total in broken), (case, broken)
        said = {total.difference.replace(",", "").replace("-", "").split()[0] for total in broken}
        off = abs(case["amount_minor"])
        assert {str(off), str(Decimal(off).scaleb(-2))} & said, (case, said)


def ordinary_payments(company: Company) -> list[Row]:
    """Captured attempts of payments that nothing was planted in, and all their attempts."""
    inbox, truth = company.workspace.inbox / "company", company.truth / "errors.parquet"
    rows = plainly(
        f"""
        with attempts as (
          select *, list(attempt_id) over (partition by payment_id) as all_attempts
          from '{inbox}/payments-*.parquet'
        )
        select * exclude all_attempts, list_sort(all_attempts) as attempts from attempts
        where status = 'captured' and payment_id not in
          (select payment_id from '{truth}' where payment_id is not null)
        order by attempt_id
        """
    )
    return random.Random(SEED).sample(rows, ORDINARY)


def names_in(payment: Row) -> set[object]:
    return {payment["attempt_id"], payment["processor_reference"]}


def report_lines(inbox: Path) -> dict[str, set[str]]:
    """The texts of processors' lines by the words in them that could be a reference."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in [*inbox.glob("adyen/*.csv"), *inbox.glob("stripe/*.csv")]:
        for line in path.read_text().splitlines():
            for word in line.split(","):
                found[word].add(line)
    return found


def test_ordinary_payments_have_the_records_that_the_inbox_has(
    company: Company, store: Store
) -> None:
    inbox = company.workspace.inbox
    lines = report_lines(inbox)
    refunds = Counter(
        row["payment_id"]
        for path in (inbox / "company").glob("refunds-*.csv")
        for row in csv.DictReader(path.open())
    )
    for number, payment in enumerate(ordinary_payments(company)):
        names = ("payment_id", "attempt_id", "processor_reference")
        story = tell(store, payment[names[number % 3]])
        assert story.title == f"payment {payment['payment_id']}"
        groups = {group.title: group for group in story.groups}
        attempts = {record.ids["attempt_id"]: record for record in groups["Attempts"].records}
        assert sorted(attempts) == payment["attempts"]
        attempt = attempts[payment["attempt_id"]]
        assert attempt.amounts["captured"].minor == payment["captured_minor"]
        assert attempt.amounts["captured"].currency == payment["currency"]
        assert ("Refunds" in groups) == bool(refunds[payment["payment_id"]])
        settled = groups["Settlement lines"].records if "Settlement lines" in groups else ()
        charges = {
            line.text
            for line in story.lines
            if line.table == "settlement_lines" and payment["processor_reference"] in str(line.text)
        }
        assert charges <= lines[payment["processor_reference"]]
        assert bool(settled) == bool(lines[payment["processor_reference"]])
        journals = {title.split()[1] for title in groups if title.startswith("Journal")}
        assert journals == {
            row["journal_id"]
            for row in plainly(
                f"select distinct journal_id from '{inbox}/company/ledger-2*.parquet'"
                f" where payment_id = '{payment['payment_id']}'"
            )
        }
        assert all(group.note == "balances" for t, group in groups.items() if "Journal" in t)
        own = {leg.leg: leg.status for leg in story.legs if leg.reference in names_in(payment)}
        assert own["payment_ledger"] == "matched"
        assert own["payment_settlement"] == ("matched" if settled else "in_transit")
        for line in story.lines:
            holds(inbox, line)


def test_journals_have_the_entries_of_the_ledger(company: Company, store: Store) -> None:
    ledger = f"'{company.workspace.inbox}/company/ledger-2*.parquet'"
    rows = plainly(
        f"select journal_id, count(*) as entries, min(entry_id) as entry_id,"
        f" cast(sum(abs(amount_minor)) as bigint) as moved from {ledger}"
        f" group by 1 order by 1"
    )
    for number, row in enumerate(random.Random(SEED).sample(rows, 15)):
        story = tell(store, row["entry_id" if number % 2 else "journal_id"])
        (group,) = story.groups
        assert (story.kind, group.count) == ("journal", row["entries"])
        assert sum(abs(r.amounts["amount"].minor) for r in group.records) == row["moved"]
        assert any(leg.leg == "ledger_balance" for leg in story.legs)


def test_payouts_come_to_the_sums_of_their_report(company: Company, store: Store) -> None:
    """Stripe's reports of one month, summed by payout with `csv`."""
    sums: dict[str, dict[str, tuple[str, Decimal]]] = defaultdict(dict)
    for path in sorted((company.workspace.inbox / "stripe").glob("*.csv")):
        for row in csv.DictReader(path.open()):
            if row["reporting_category"] != "payout":
                # By line: reports that were delivered again hold the same lines.
                one = (row["currency"].upper(), Decimal(row["net"]))
                sums[row["automatic_payout_id"]][row["balance_transaction_id"]] = one
    planted = {case["reference"] for case in truth_of(company)}
    payouts = sorted(set(sums) - planted - {""})
    for payout in random.Random(SEED).sample(payouts, 15):
        story = tell(store, payout)
        assert story.kind == "payout"
        (together,) = (t for t in story.groups[0].totals if t.name == "together")
        ((currency, _), *_) = sums[payout].values()
        net = sum(net for _, net in sums[payout].values())
        assert together.records == len(sums[payout])
        assert together.amount.text.replace(",", "") == f"{net} {currency}"
        assert "Bank entries" in {group.title for group in story.groups}


def test_bank_lines_and_files_and_items_are_told_too(company: Company, store: Store) -> None:
    for (sha256,) in company.ask("select source_file_sha256 from rpt_source_files"):
        story = tell(store, str(sha256))
        assert story.file is not None
        assert story.file.records == (
            story.file.canonical_records
            + story.file.quarantined_records
            + story.file.structural_records
        )
    for table, column in (
        ("fct_breaks", "break_id"),
        ("fct_reconciliation_members where source_table = 'bank_lines'", "record_id"),
    ):
        for (name,) in company.ask(f"select {column} from {table} order by 1 limit 12"):
            story = tell(store, str(name)[:20])
            assert story.legs or story.left_out


def test_an_answer_takes_less_than_five_seconds(company: Company, store: Store) -> None:
    for case in truth_of(company)[:5]:
        started = time.perf_counter()
        explain(store, case["reference"])
        assert time.perf_counter() - started < 5


def run(company: Company, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "tieout"), "explain", *arguments]
    command += ["--home", str(company.workspace.home)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command(company: Company, store: Store) -> None:
    case = next(c for c in truth_of(company) if c["error_type"] == "settlement_amount_wrong")
    shown = run(company, case["payment_id"])
    assert shown.returncode == 0, shown.stderr
    for said in (case["payment_id"], "broken: amount mismatch", case["file"], "Received as"):
        assert said in shown.stdout
    as_text = run(company, case["payment_id"], "--json")
    assert json.loads(as_text.stdout) == json.loads(
        json.dumps(as_json(tell(store, case["payment_id"])))
    )
    edition = str(company.editions.current_id())
    assert run(company, case["file"], "--edition", edition[:6]).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pay_'nothing\"",), "Nothing goes by pay_'nothing\""),
        (("nothing", "--json"), '"kind": "nothing"'),
        (("STRIPE COLLECTIVE CREDIT",), "ask for one"),
        (("",), "Searched"),
    ],
)
def test_no_single_story_is_exit_code_2(
    company: Company, arguments: tuple[str, ...], said: str
) -> None:
    result = run(company, *arguments)
    assert (result.returncode, said in result.stdout) == (2, True), result
    assert "Traceback" not in result.stderr


def test_a_mistake_in_the_edition_is_one_line(company: Company) -> None:
    result = run(company, "x", "--edition", "0000")
    assert (result.returncode, "no single edition" in result.stderr) == (2, True)
