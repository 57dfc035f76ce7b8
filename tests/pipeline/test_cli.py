"""The `tieout` command as a stranger uses it: in processes of its own, from init to sql."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.conftest import Company

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pipeline")]


def tieout(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "tieout"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_from_an_empty_folder_to_a_first_edition(tmp_path: Path) -> None:
    home = tmp_path / "w"
    made = tieout("init", home, "--as-of", "2026-01-31")
    assert (made.returncode, "tieout run" in made.stdout) == (0, True)
    before = tieout("status", "--home", home)
    assert (before.returncode, "tieout run" in before.stderr) == (2, True)
    (home / "inbox" / "refunds.csv").write_text(
        "refund_id,payment_id,amount_minor,currency,created_at\n"
        "r1,p1,100,USD,2026-01-02T10:00:00Z\n"
        "r2,p1,oops,USD,2026-01-02T10:00:00Z\n"
    )
    run = tieout("run", "--home", home)
    assert run.returncode == 0, run.stderr
    assert "Published edition" in run.stdout
    assert "1 quarantined" in run.stdout
    assert "Traceback" not in run.stderr
    (row,) = map(json.loads, tieout("status", "--home", home, "--json").stdout.splitlines())
    assert (row["origin"], row["records"]) == ("refunds.csv", 3)
    assert row["records"] == (
        row["canonical_records"] + row["quarantined_records"] + row["structural_records"]
    )
    as_csv = tieout("status", "--home", home, "--format", "csv").stdout.splitlines()
    (same,) = csv.DictReader(as_csv)
    assert (same["origin"], same["records"], same["control_totals"]) == ("refunds.csv", "3", "[]")
    shown = tieout("status", "--home", home).stdout
    assert "3 records = 1 canonical + 1 quarantined + 1 structural" in shown


def test_a_query_in_every_format(company: Company) -> None:
    home = company.workspace.home
    query = (
        "select leg, count(*) as items from fct_reconciliation_items group by 1 order by 1 limit 1"
    )
    ((leg, items),) = company.ask(query)
    as_json = tieout("sql", query, "--home", home, "--format", "json")
    assert json.loads(as_json.stdout) == {"leg": leg, "items": items}
    as_csv = tieout("sql", query, "--home", home, "--format", "csv")
    assert as_csv.stdout.splitlines() == ["leg,items", f"{leg},{items}"]
    assert str(items) in tieout("sql", query, "--home", home).stdout
    edition = company.editions.current_id()
    assert tieout("sql", query, "--home", home, "--edition", str(edition)[:6]).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sql", "drop table fct_breaks"), "read-only"),
        (("sql", "select * from nothing"), "nothing"),
        (("sql", "select 1", "--edition", "0000"), "no single edition"),
        (("run", "--day", "yesterday"), "YYYY-MM-DD"),
        (("simulate", "--months", "1850-01"), "not empty"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(
    company: Company, arguments: tuple[str, ...], said: str
) -> None:
    result = tieout(*arguments, "--home", company.workspace.home)
    assert result.returncode == 2
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


def test_the_workspace_must_be_named_and_exist(tmp_path: Path) -> None:
    missing = tieout("run", "--home", tmp_path)
    assert (missing.returncode, "tieout init" in " ".join(missing.stderr.split())) == (2, True)


def test_simulate_makes_its_workspace_and_says_what_it_wrote(tmp_path: Path) -> None:
    home = tmp_path / "w"
    made = tieout(
        "simulate",
        "--home",
        home,
        "--months",
        "2014-10",
        "--payments-per-month",
        "200",
        "--error-rate",
        "0",
    )
    assert made.returncode == 0, made.stderr
    assert "0 planted cases" in made.stdout
    assert list((home / "inbox").rglob("*.csv"))
    assert not list((home / "inbox").rglob("*errors*"))
    wrong = tieout("simulate", "--home", tmp_path / "x", "--months", "soon")
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (2, False)
