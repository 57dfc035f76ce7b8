"""Interim reports and notifications: nothing of them is lost, and nothing counted twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Ingest
from tests.dbt_legs.conftest import Ask, Row, line, rebuild, sheet
from tieout.settings import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt_legs")]

ACCOUNT = "LT601010012345678901"
Entry = tuple[str, str, str, str]  # the bank's reference, the payout, the amount, the day

FIRST: Entry = ("B-1", "TXAAAAAAAA1XT", "100.00", "2026-03-02")
SECOND: Entry = ("B-2", "TXAAAAAAAA2XT", "250.00", "2026-03-03")
THIRD: Entry = ("B-3", "TXAAAAAAAA3XT", "70.00", "2026-03-04")
PAID = (FIRST, SECOND, THIRD)


def message(root: str, statement: str, number: str, entries: tuple[Entry, ...], more: str) -> bytes:
    """A camt message in dollars; `more` is what it states beside its entries."""
    booked = "\n".join(
        f'<Ntry><Amt Ccy="USD">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls><RmtInf><Ustrd>{payout}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        for reference, payout, amount, day in entries
    )
    text = (
        f"<Document><{root}><{statement}><Id>{number}</Id>"
        f"<Acct><Id><IBAN>{ACCOUNT}</IBAN></Id></Acct>\n{more}{booked}\n"
        f"</{statement}></{root}></Document>"
    )
    return text.encode()


def balance(code: str, amount: str, day: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="USD">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>\n'
    )


def payout(entry: Entry) -> Row:
    _, name, amount, day = entry
    minor = int(amount.replace(".", ""))
    return line("payout", name, -minor, day, payout_id=name, available_on=day)


def built(home: Path, *, with_statement: bool) -> Ask:
    workspace = Workspace.create(home, reporting_currency="USD", as_of="2026-03-31")
    ingesting = Ingest(workspace)
    ingesting.drop("settlement.csv", sheet([payout(entry) for entry in PAID]))
    report, notification = "BkToCstmrAcctRpt", "BkToCstmrDbtCdtNtfctn"
    ingesting.drop("noon.xml", message(report, "Rpt", "R-1", (FIRST,), ""))
    ingesting.drop("evening.xml", message(report, "Rpt", "R-2", (FIRST, SECOND), ""))
    for entry in PAID:
        data = message(notification, "Ntfctn", f"N-{entry[0]}", (entry,), "")
        ingesting.drop(f"{entry[0]}.xml", data)
    if with_statement:
        # It covers the first two days; the third is only announced.
        balances = balance("OPBD", "5.00", "2026-03-01") + balance("CLBD", "355.00", "2026-03-03")
        statement = message("BkToCstmrStmt", "Stmt", "S-1", (FIRST, SECOND), balances)
        ingesting.drop("statement.xml", statement)
    accounts = ingesting.run()
    assert [(a.delivery.origin, a.reason) for a in accounts if a.status != "read"] == []
    return rebuild(workspace)


ITEMS = """
    select reference, status, left_count, right_count, left_minor, right_minor
    from fct_reconciliation_items where leg = 'payout_bank' order by 1
"""
ALL_MATCHED = [
    (name, "matched", 1, 1, int(amount.replace(".", "")), int(amount.replace(".", "")))
    for _, name, amount, _ in PAID
]
EXCLUDED = """
    select coalesce(m.excluded_reason, 'counts'), count(*), sum(m.amount_minor)
    from mov_payout_bank as m where side = 'right' group by 1 order by 1
"""
CONSERVED = (
    "select count(*) from rpt_conservation where rows_difference <> 0 or minor_difference <> 0"
)


def test_without_a_statement_each_entry_counts_once(tmp_path: Path) -> None:
    ask = built(tmp_path / "w", with_statement=False)
    assert ask(ITEMS) == ALL_MATCHED
    assert ask(EXCLUDED) == [("counts", 3, 42_000), ("on_another_notice", 3, 45_000)]
    assert ask(CONSERVED) == [(0,)]


def test_what_the_statement_has_counts_there_and_the_rest_still_counts(tmp_path: Path) -> None:
    ask = built(tmp_path / "w", with_statement=True)
    assert ask(ITEMS) == ALL_MATCHED
    assert ask(EXCLUDED) == [("counts", 3, 42_000), ("on_a_statement", 5, 80_000)]
    assert ask(CONSERVED) == [(0,)]
