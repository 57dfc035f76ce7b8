"""One error planted, exactly that one found: for every kind of error the simulator knows.

Without Dagster and Great Expectations, which do not decide what is a break: the files are read and
the models built, which takes seconds an error.
"""

from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from assets.resources import WorkspaceResource, reporter
from assets.warehouse import build_models, use_workspace
from tests.conftest import Ingest
from tieout.editions import Editions
from tieout.engine import connect
from tieout.score import Report, score
from tieout.settings import Workspace
from tieout.simulator import ErrorRates, parse_months, simulate
from tieout.simulator.errors import KINDS, Fate

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("errors")]


# What is cut off a file shows three times: as the payment whose line is lost, as a payout that no
# file states any more, and as a bank entry of that payout.
WITH_ONE = {
    Fate.FILE_TRUNCATED: ("payment_settlement", "payout_bank", "payout_bank"),
}


def scored(home: Path, errors: ErrorRates) -> tuple[Report, int]:
    """The score of a small company with these errors, and how many cases were planted."""
    workspace = Workspace.create(home / "w", reporting_currency="USD", as_of="latest")
    simulate(
        workspace.inbox,
        home / "truth",
        months=parse_months("2017-10"),
        seed=5,
        payments_per_month=500,
        errors=errors,
    )
    Ingest(workspace).run()
    resource = WorkspaceResource(home=str(workspace.home))
    use_workspace(resource)
    results = build_models(resource, reporter("building"), test=False)
    assert [r.node.name for r in results if r.status in ("fail", "error")] == []
    editions = Editions(workspace.editions)
    tables = (
        "rpt_reporting_rates",
        "fct_breaks",
        "fct_reconciliation_members",
        "rpt_control_totals",
        "rpt_source_files",
    )
    with connect(workspace.warehouse, read_only=True) as warehouse:
        editions.publish(
            warehouse,
            {table: f"main.{table}" for table in tables},
            as_of="latest",
            reporting_currency="USD",
            tieout_version="test",
        )
    with duckdb.connect() as connection:
        planted = connection.execute(
            "select count(*) from read_parquet(?)", [str(home / "truth" / "errors.parquet")]
        ).fetchall()
    with editions.connect() as edition:
        return score(edition, "test", home / "truth"), planted[0][0]


def test_without_errors_there_are_no_breaks(tmp_path: Path) -> None:
    report, planted = scored(tmp_path, ErrorRates.none())
    assert (planted, report.scores) == (0, ())


@pytest.mark.parametrize("fate", KINDS, ids=lambda fate: fate.error_type)
def test_one_error_is_found_as_what_it_is(fate: Fate, tmp_path: Path) -> None:
    # The smallest rate that plants anything: it is rounded up to one case a month.
    report, planted = scored(tmp_path, ErrorRates.only(**{fate.error_type: Fraction(1, 10_000)}))
    assert planted == len(WITH_ONE.get(fate, KINDS[fate].shows))
    assert {score.error_type for score in report.scores} == {fate.error_type}
    assert {score.leg for score in report.scores} == set(KINDS[fate].shows)
    assert report.is_perfect
    for only in report.scores:
        assert (only.found > 0) == (only.expected == "broken")
        assert only.mismatched_minor == 0
