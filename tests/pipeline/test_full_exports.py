"""What a newer full export of a table lacks is deleted, and everybody who must know is told."""

import os
import shutil
from pathlib import Path

import pytest

from tests.dbt_legs.conftest import payment, sheet
from tests.pipeline.conftest import DAY, Company
from tests.pipeline.test_cli import tieout
from tieout.engine import connect
from tieout.settings import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pipeline")]

RULE = """
[[files]]
files = "erp/payments*.csv"
format = "own_payments"
source = "erp"
full_export = true
"""
Records = list[tuple[object, ...]]


def drop(workspace: Workspace, name: str, data: bytes, hour: int) -> None:
    """A file that was last changed at this hour of the day."""
    path = workspace.inbox / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    changed = 1_767_571_200 + hour * 3600
    os.utime(path, (changed, changed))


def export(*names: str, note: str = "") -> bytes:
    """A full export of payments of 100 each."""
    return sheet([payment(name, 10_000, "2026-01-02", exported=note) for name in names])


def ledger(*names: str) -> bytes:
    """The postings of these payments: all of them balance."""
    rows = [
        {
            "entry_id": f"{side}_{name}",
            "journal_id": f"j_{name}",
            "account": account,
            "amount_minor": amount,
            "currency": "USD",
            "effective_at": "2026-01-02T10:00:00Z",
            "event_type": "capture",
            "reference": f"att_{name}",
        }
        for name in names
        for side, account, amount in (("d", "clearing", 10_000), ("c", "payable", -10_000))
    ]
    return sheet(rows)


CHART = sheet(
    [
        {
            "account": account,
            "name": account,
            "account_type": "asset",
            "role": role,
            "processor": processor,
        }
        for account, role, processor in (
            ("clearing", "processor_clearing", "adyen"),
            ("payable", "merchant_payable", ""),
        )
    ]
)


@pytest.fixture(scope="module")
def erp(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Four payments that tie out, exported once whole; then cut off; then without any record."""
    home = tmp_path_factory.mktemp("erp")
    workspace = Workspace.create(home / "w", reporting_currency="USD", as_of="2026-03-01")
    workspace.config.write_text(workspace.config.read_text() + RULE)
    drop(workspace, "ledger.csv", ledger("a", "b", "c", "d"), 1)
    drop(workspace, "chart.csv", CHART, 1)
    drop(workspace, "erp/payments-1.csv", export("a", "b", "c", "d"), 1)
    drop(workspace, "erp/payments-2.csv", export("a", "b")[:-10], 2)
    drop(workspace, "erp/payments-3.csv", export("a").split(b"\n")[0] + b"\n", 3)
    company = Company(workspace, home)
    company.run()
    return company


def matched(company: Company) -> Records:
    return company.ask(
        "select reference, status from fct_reconciliation_items where leg = 'payment_ledger'"
        " order by 1"
    )


def deleted(company: Company) -> Records:
    return company.ask(
        "with files as (select sha256, min(origin) as origin from deliveries group by sha256)"
        " select r.reference, o.origin, r.source_line, n.origin, r.because, r.amount_minor"
        " from rpt_deleted_records r"
        " join files o on o.sha256 = r.source_file_sha256"
        " join files n on n.sha256 = r.gone_from_sha256 order by all"
    )


def test_from_a_deletion_to_the_people_who_must_know(erp: Company) -> None:
    # A file that was cut off deletes nothing, and neither does one without any record.
    assert matched(erp) == [(f"att_{name}", "matched") for name in "abcd"]
    assert deleted(erp) == []
    assert erp.ask(
        "select code, count(*) from rpt_findings where code like 'full_export%' group by 1"
        " order by 1"
    ) == [("full_export_incomplete", 2), ("full_export_shrank", 2)]
    items = dict(
        erp.ask(
            "select reference, item_id from fct_reconciliation_members"
            " where leg = 'payment_ledger' and side = 'left'"
        )
    )

    # A whole one deletes what it lacks, although an unreadable and an older one are beside it.
    drop(erp.workspace, "erp/payments-4.csv", export("a", "b", "d"), 5)
    drop(erp.workspace, "erp/payments-0.csv", export("a", "z"), 4)
    drop(erp.workspace, "erp/payments-9.csv", b"no,table\n1,2\n", 9)
    # The bytes of the first one again are the old export that they are.
    drop(erp.workspace, "erp/payments-5.csv", export("a", "b", "c", "d"), 11)
    erp.run(DAY)
    broken = [("att_a", "matched"), ("att_b", "matched"), ("att_c", "broken"), ("att_d", "matched")]
    assert matched(erp) == broken
    assert deleted(erp) == [
        ("att_c", "erp/payments-1.csv", 4, "erp/payments-0.csv", "deleted", 10_000),
        ("att_z", "erp/payments-0.csv", 3, "erp/payments-4.csv", "deleted", 10_000),
    ]
    ((known,),) = erp.ask("select item_ids from rpt_deleted_records where reference = 'att_c'")
    assert items["att_c"] in str(known).split(", ")
    assert erp.ask(
        "select event, because from fct_break_history h join fct_breaks b using (break_id)"
        " where b.leg = 'payment_ledger'"
    ) == [
        (
            "opened",
            "a record of it was deleted: the full export erp/payments-0.csv no longer has it",
        )
    ]
    assert erp.ask(
        "select distinct superseded_because from rpt_source_files where superseded_by is not null"
    ) == [("newer_full_export",)]
    assert erp.ask(
        "select sum(abs(records_difference) + abs(rows_difference)), sum(rows_superseded)"
        " from rpt_file_conservation"
    ) == [(0, 4 + 1 + 2)]
    shown = tieout("status", "--home", erp.workspace.home).stdout
    assert "it is a newer full export of the same table" in shown
    assert "less than half" in shown
    assert "the same old export" in shown

    # What has come back is no longer deleted.
    drop(erp.workspace, "erp/payments-6.csv", export("a", "b", "c", note="6"), 12)
    erp.run(DAY)
    assert [row[0] for row in deleted(erp)] == ["att_d", "att_z"]
    assert [status for _, status in matched(erp)] == ["matched", "matched", "matched", "broken"]
    assert erp.ask(
        "select reference, event, because from fct_break_history where leg = 'payment_ledger'"
        " order by 1, event_no"
    )[1:] == [
        ("att_c", "resolved", "new data: both sides tie out"),
        (
            "att_d",
            "opened",
            "a record of it was deleted: the full export erp/payments-6.csv no longer has it",
        ),
    ]


def test_a_deleted_record_has_the_keys_by_which_it_was_matched(
    company: Company, tmp_path: Path
) -> None:
    """As if every record in force were deleted: the keys are those of the members."""
    copy = tmp_path / "warehouse.duckdb"
    shutil.copy(company.workspace.warehouse, copy)
    tables = (
        "payments",
        "refunds",
        "disputes",
        "ledger_entries",
        "settlement_lines",
        "chart_of_accounts",
    )
    everything = " union all ".join(
        f"select '{table}' as source_table, record_id, source_file_sha256, source_line"
        f" from stg_{table}"
        for table in tables
    )
    known = """
        select record_id, leg, item_id from fct_reconciliation_members
        where item_id is not null and leg in (
            'ledger_balance', 'payment_ledger', 'payment_settlement', 'batch_payout', 'payout_bank'
        ) and not (leg = 'payout_bank' and side = 'right')
    """
    said = """
        select k.record_id, k.leg, md5(k.leg || '|' || coalesce(g.item_key, k.match_key))
        from stg_deleted_keys k
        left join res_groups g on k.leg = g.leg and k.match_key = g.match_key
        -- (nobody has decided anything in this company, so there is no match by hand)
    """
    with connect(copy) as warehouse:
        warehouse.execute(f"create table everything as {everything}")
        warehouse.execute("drop table stg_deleted_records")
        warehouse.execute("alter table everything rename to stg_deleted_records")
        ((count, legs),) = warehouse.execute(
            f"select count(*), count(distinct leg) from ({known})"
        ).fetchall()
        assert (count > 10_000, legs) == (True, 5)
        for one, other in ((known, said), (said, known)):
            assert warehouse.execute(f"{one} except all {other} limit 5").fetchall() == []


def test_a_line_that_a_restated_report_lacks_was_withdrawn(
    company: Company, tmp_path: Path
) -> None:
    """A settlement batch that is delivered again without one of its lines."""
    workspace = Workspace.create(tmp_path / "w", reporting_currency="USD", as_of="latest")
    ((origin, reference),) = company.ask(
        "select d.origin, m.reference from fct_reconciliation_members m"
        " join deliveries d on m.source_file_sha256 = d.sha256"
        " join rpt_source_files f on f.source_file_sha256 = d.sha256"
        " join fct_reconciliation_items i using (item_id)"
        " where f.format = 'adyen_settlement_details' and f.superseded_by is null"
        " and m.leg = 'payment_settlement' and i.status = 'matched' and i.left_count = 1"
        " and i.right_count = 1 order by all limit 1"
    )
    shutil.copytree(company.workspace.inbox / "company", workspace.inbox / "company")
    text = (company.workspace.inbox / str(origin)).read_text()
    drop(workspace, "first.csv", text.encode(), 1)
    other = Company(workspace, company.truth)
    other.run()
    (item,) = other.ask(
        "select item_id from fct_reconciliation_members"
        f" where leg = 'payment_settlement' and side = 'right' and reference = '{reference}'"
    )[0]
    lines = text.splitlines(keepends=True)
    kept = [line for line in lines if str(reference) not in line]
    assert 0 < len(lines) - len(kept) <= 2
    drop(workspace, "again.csv", "".join(kept).encode(), 2)
    other.run()
    withdrawn = deleted(other)
    assert len(withdrawn) == len(lines) - len(kept)
    assert {row[1:2] + row[3:5] for row in withdrawn} == {("first.csv", "again.csv", "withdrawn")}
    assert {row[2] for row in withdrawn} == {
        number for number, line in enumerate(lines, 1) if line not in kept
    }
    (because,) = other.ask(
        f"select because from fct_break_history where break_id = '{item}' order by event_no desc"
    )[0]
    assert "withdrawn: the restated report again.csv no longer has" in str(because)
