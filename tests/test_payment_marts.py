"""Success rates, bridges, changes, routing and disputes: the models' SQL on rows of ours."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise

import duckdb
import pyarrow as pa
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.warehouse import PROJECT
from tieout.canonical import Canonical

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pipeline")]
Rows = list[dict[str, object]]
Model = Callable[..., Rows]
MODELS = (
    "rpt_success_rate_bridges",
    "fct_success_rate_changes_monthly",
    "fct_routing_monthly",
    "rpt_routing_monthly",
    "fct_dispute_cohorts_monthly",
)
DATES = ("month", "captured_date", "as_of", "payment_month")
MONTHS = ("2026-01-01", "2026-02-01", "2026-03-01")
EFFECTS = ("mix", "routing", "processor", "issuer", "risk", "retry")
KEPT = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    """Runs the SQL of a model on tables that are given as rows by the names it reads."""
    home = tmp_path_factory.mktemp("compiled")
    Canonical(home / "canonical").ensure_schemas()
    folder = str(PROJECT.project_dir)
    command = ["compile", "--quiet", "--select", *MODELS, "--target-path", str(home / "target")]
    command += ["--project-dir", folder, "--profiles-dir", folder, "--log-level-file", "none"]
    command += ["--vars", '{"reporting_currency": "USD", "as_of": "latest"}']
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(os.environ, "TIEOUT_WAREHOUSE", str(home / "w.duckdb"))
        patched.setitem(os.environ, "TIEOUT_CANONICAL", str(home / "canonical"))
        try:
            outcome = dbtRunner().invoke(command)
        finally:
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    compiled = {
        result.node.name: result.node.compiled_code.replace('"w"."main".', "")
        for result in outcome.result.results
    }
    connection = duckdb.connect()

    def run(name: str, **tables: Rows) -> Rows:
        for table, rows in tables.items():
            dates = [f"cast({c} as date) as {c}" for c in rows[0] if c in DATES]
            replaced = f"replace ({', '.join(dates)})" if dates else ""
            connection.register("given", pa.Table.from_pylist(rows))
            connection.execute(
                f"create or replace temp table {table} as select * {replaced} from given"
            )
        found = connection.execute(compiled[name])
        columns = [column[0] for column in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    yield run
    connection.close()


def rates(month: str, **counts: int) -> dict[str, object]:
    """A row of fct_success_rates_monthly."""
    return {
        "month": month,
        "processor": "stripe",
        "captured_attempts": 0,
        "payments_stopped_first": 0,
        "payments_declined_first": 0,
        "payments_failed_first": 0,
        "authorised_reporting_minor": 0,
        "captured_reporting_minor": 0,
        "attempts_without_rate": 0,
        **counts,
    }


GOLDEN = {
    "requests": (
        {"attempts": 103_000, "valid_attempts": 100_000, "submitted_attempts": 98_000}
        | {"authorised_attempts": 93_000, "payments_created": 100_000, "payments": 80_000}
        | {"payments_authorised_first": 60_000, "payments_authorised": 70_000},
        {
            "payment_success_rate": 930_000,
            "authorisation_rate": 948_980,
            "raw_success_rate": 902_913,
            "first_attempt_rate": 750_000,
            "deduplicated_success_rate": 875_000,
            "conversion": 700_000,
        },
    ),
    "failed, failed, authorised": (
        {"attempts": 3, "valid_attempts": 3, "submitted_attempts": 3, "authorised_attempts": 1}
        | {"payments_created": 1, "payments": 1, "payments_authorised_first": 0}
        | {"payments_authorised": 1},
        {
            "payment_success_rate": 333_333,
            "authorisation_rate": 333_333,
            "raw_success_rate": 333_333,
            "first_attempt_rate": 0,
            "deduplicated_success_rate": 1_000_000,
            "conversion": 1_000_000,
        },
    ),
}


@pytest.mark.parametrize("example", GOLDEN)
def test_definitions_come_to_their_examples_and_bridges_lead_between_them(
    model: Model, example: str
) -> None:
    counts, expected = GOLDEN[example]
    found = model(
        "rpt_success_rate_bridges", fct_success_rates_monthly=[rates(MONTHS[0], **counts)]
    )
    paths = defaultdict(list)
    for row in found:
        paths[row["processor"], row["from_definition"], row["to_definition"]].append(row)
    assert len(paths) == 2 * 6 * 5
    for (_, start, end), path in paths.items():
        path.sort(key=lambda row: int(str(row["step_number"])))
        assert (path[0]["definition_before"], path[-1]["definition_after"]) == (start, end)
        assert path[0]["rate_before_ppm"] == expected[str(start)]
        assert sum(row["step_ppm"] for row in path) == expected[str(end)] - expected[str(start)]  # type: ignore[misc]
        for before, after in pairwise(path):
            assert before["definition_after"] == after["definition_before"]


def test_the_retry_uplift_is_a_step_of_its_own(model: Model) -> None:
    counts, _ = GOLDEN["failed, failed, authorised"]
    found = model(
        "rpt_success_rate_bridges", fct_success_rates_monthly=[rates(MONTHS[0], **counts)]
    )
    steps = {
        row["step"]: row["step_ppm"]
        for row in found
        if (row["from_definition"], row["to_definition"])
        == ("first_attempt_rate", "deduplicated_success_rate")
    }
    assert steps == {"retry_uplift": 1_000_000}


def cell(month: str, segment: str, processor: str, *counts: int) -> dict[str, object]:
    """Counts: stopped, declined and failed at first, authorised at first, and rescued later."""
    stopped, declined, failed, first, rescued = counts
    return {
        "month": month,
        "method": "card",
        "card_brand": segment,
        "funding": "credit",
        "issuer_country": "US",
        "processor": processor,
        "payments": stopped + declined + failed + first,
        "payments_authorised_first": first,
        "payments_authorised": first + rescued,
        "payments_stopped_first": stopped,
        "payments_declined_first": declined,
        "payments_failed_first": failed,
    }


COLUMN = {
    "processor": "payments_failed_first",
    "issuer": "payments_declined_first",
    "risk": "payments_stopped_first",
}


def kitagawa(before: Rows, after: Rows) -> dict[str, Fraction]:
    """The decomposition in fractions, written from docs/metrics.md and not from the SQL."""

    def total(rows: Rows, column: str, **where: object) -> int:
        chosen = (r for r in rows if all(r[k] == v for k, v in where.items()))
        return sum(int(str(row[column])) for row in chosen)

    def ratio(part: int, whole: int) -> Fraction | None:
        return Fraction(part, whole) if whole else None

    def both(z: Fraction | None, y: Fraction | None) -> tuple[Fraction, Fraction]:
        either = z if z is not None else y
        assert either is not None
        return (either if z is None else z, either if y is None else y)

    sides = (before, after)
    found = dict.fromkeys(EFFECTS, Fraction(0))
    for brand in {r["card_brand"] for r in before + after}:
        in_segment = [total(rows, "payments", card_brand=brand) for rows in sides]
        if not any(in_segment):
            continue
        z, y = (
            Fraction(n, total(rows, "payments")) for n, rows in zip(in_segment, sides, strict=True)
        )
        of_segment = both(
            *(
                ratio(total(rows, "payments_authorised", card_brand=brand), n)
                for n, rows in zip(in_segment, sides, strict=True)
            )
        )
        found["mix"] += (y - z) * sum(of_segment) / 2
        for processor in {r["processor"] for r in before + after}:
            where = {"card_brand": brand, "processor": processor}
            counts = [total(rows, "payments", **where) for rows in sides]
            if not any(counts):
                continue
            routed = both(*(ratio(c, n) for c, n in zip(counts, in_segment, strict=True)))

            def rate(
                column: str, counts: list[int] = counts, where: dict[str, object] = where
            ) -> tuple[Fraction, Fraction]:
                parts = (total(rows, column, **where) for rows in sides)
                return both(*(ratio(a, n) for a, n in zip(parts, counts, strict=True)))

            authorised = rate("payments_authorised")
            first = rate("payments_authorised_first")
            found["routing"] += (z + y) / 2 * (routed[1] - routed[0]) * sum(authorised) / 2
            weight = (z + y) / 2 * sum(routed) / 2
            for effect, column in COLUMN.items():
                failed = rate(column)
                found[effect] -= weight * (failed[1] - failed[0])
            found["retry"] += weight * ((authorised[1] - first[1]) - (authorised[0] - first[0]))
    return found


some = st.integers(0, 2_000)
cells = st.lists(
    st.tuples(
        st.sampled_from(MONTHS[:2]),
        st.sampled_from(("visa", "amex", "jcb")),
        st.sampled_from(("stripe", "adyen")),
        *[some] * 4,
        st.integers(0, 100),
    ),
    min_size=2,
    max_size=12,
    unique_by=lambda c: c[:3],
)


def changes(model: Model, rows: Rows) -> Rows:
    mature: Rows = [{"month": month, "is_mature": True} for month in MONTHS]
    return model(
        "fct_success_rate_changes_monthly",
        fct_payment_attempts_monthly=rows,
        int_retry_months=mature,
    )


@KEPT
@given(made=cells)
def test_the_effects_of_a_change_add_up_and_are_kitagawa_s(model: Model, made: list) -> None:  # type: ignore[type-arg]
    rows = [cell(*c[:7], min(c[7], sum(c[3:6]))) for c in made]
    before = [r for r in rows if r["month"] == MONTHS[0] and r["payments"]]
    after = [r for r in rows if r["month"] == MONTHS[1] and r["payments"]]
    found = changes(model, rows)
    if not before or not after:
        assert found == []
        return
    (change,) = found
    effects = {name: change[f"{name}_effect_ppm"] for name in EFFECTS}
    assert sum(effects.values()) == change["change_ppm"]  # type: ignore[arg-type]
    exact = kitagawa(before, after)
    rate = [
        Fraction(
            sum(int(str(r["payments_authorised"])) for r in side),
            sum(int(str(r["payments"])) for r in side),
        )
        for side in (before, after)
    ]
    assert sum(exact.values()) == rate[1] - rate[0]
    for name in EFFECTS:
        assert abs(effects[name] - exact[name] * 1_000_000) <= 1, name  # type: ignore[operator]


def test_each_effect_is_named_for_what_changed(model: Model) -> None:
    same = [cell(MONTHS[0], "visa", "stripe", 10, 10, 10, 70, 0)]
    for name, counts in {
        "risk": (20, 10, 10, 60, 0),
        "issuer": (10, 20, 10, 60, 0),
        "processor": (10, 10, 20, 60, 0),
        "retry": (10, 10, 10, 70, 20),
    }.items():
        (change,) = changes(model, [*same, cell(MONTHS[1], "visa", "stripe", *counts)])
        effects = {n: change[f"{n}_effect_ppm"] for n in EFFECTS if change[f"{n}_effect_ppm"]}
        assert effects == {name: 200_000 if name == "retry" else -100_000}


def test_other_segments_are_mix_and_other_processors_routing(model: Model) -> None:
    good, bad = (0, 0, 0, 100, 0), (0, 100, 0, 0, 0)
    start = cell(MONTHS[0], "visa", "stripe", *good)
    for name, moved in {
        "mix": cell(MONTHS[1], "amex", "stripe", *bad),
        "routing": cell(MONTHS[1], "visa", "adyen", *bad),
    }.items():
        (change,) = changes(model, [start, moved])
        effects = {n: change[f"{n}_effect_ppm"] for n in EFFECTS if change[f"{n}_effect_ppm"]}
        assert effects == {name: -1_000_000}


def test_sizes_of_a_large_company_do_not_overflow(model: Model) -> None:
    huge = 10**10
    rows = [
        cell(month, brand, processor, n, huge, n, 9 * huge + i * n, n)
        for i, month in enumerate(MONTHS)
        for n, brand in enumerate(("visa", "amex"))
        for processor in ("stripe", "adyen")
    ]
    assert [str(row["month"]) for row in changes(model, rows)] == list(MONTHS[1:])


def test_an_interval_is_wilson_s(model: Model) -> None:
    """8 of 10: 0.4902 to 0.9433. All of 10: 0.7225 to 1. None of 10: 0 to 0.2775."""
    same = {"month": MONTHS[0], "currency": "USD", "funding": "credit", "processor": "stripe"}
    attempts: Rows = [
        {**same, "card_brand": brand, "record_id": f"{brand}{i}", "is_first": 1}
        | {"is_submitted": 1, "is_authorised": int(i < good)}
        for brand, good in {"some": 8, "all": 10, "none": 0}.items()
        for i in range(10)
    ]
    costs: Rows = [
        {"record_id": "some0", "gross_reporting_minor": 1_000, "cost_reporting_minor": 25}
        | {"lines_without_rate": 0}
    ]
    found = {
        row["card_brand"]: row
        for row in model("fct_routing_monthly", int_attempts=attempts, int_charge_costs=costs)
    }
    bounds = {
        brand: (row["rate_lower_ppm"] // 100, row["rate_upper_ppm"] // 100)  # type: ignore[operator]
        for brand, row in found.items()
    }
    assert bounds == {"some": (4901, 9433), "all": (7224, 10_000), "none": (0, 2775)}
    assert found["some"]["settled_attempts"] == 1
    assert found["some"]["cost_reporting_minor"] == 25


def test_a_processor_is_weighed_by_the_company_s_mix(model: Model) -> None:
    def routed(
        brand: str, processor: str, n: int, good: int, settled: int, cost: int
    ) -> dict[str, object]:
        near = good * 1_000_000 // n
        return {
            "month": MONTHS[0],
            "currency": "USD",
            "card_brand": brand,
            "funding": "credit",
            "processor": processor,
            "submitted_payments": n,
            "authorised_payments": good,
            "settled_reporting_minor": settled,
            "cost_reporting_minor": cost,
            "rate_lower_ppm": near - 30_000,
            "rate_upper_ppm": near + 40_000,
        }

    segments = [
        routed("visa", "stripe", 100, 90, 1_000, 20),
        routed("amex", "stripe", 20, 10, 500, 20),
        routed("visa", "adyen", 50, 40, 500, 5),
        routed("amex", "adyen", 200, 160, 1_000, 10),
        routed("jcb", "adyen", 10, 5, 100, 1),
    ]
    found = {
        row["processor"]: row for row in model("rpt_routing_monthly", fct_routing_monthly=segments)
    }
    stripe, adyen = found["stripe"], found["adyen"]
    # (150 × 0.9 + 220 × 0.5) ÷ 370; Adyen also had the 10 of jcb: (370 × 0.8 + 5) ÷ 380.
    assert stripe["mix_rate_ppm"] == 662_162
    assert adyen["mix_rate_ppm"] == 792_105
    assert (stripe["mix_payments"], stripe["company_payments"]) == (370, 380)
    assert stripe["mix_authorised_by_all"] == 300
    # 1,500 × 20 ÷ 1,000 + 1,500 × 20 ÷ 500, where 55 was paid; 1,500 × 1% twice and 100 × 1%.
    assert (stripe["mix_cost_reporting_minor"], stripe["mix_cost_of_all_reporting_minor"]) == (
        90,
        55,
    )
    assert adyen["mix_cost_reporting_minor"] == 31
    # √(150² + 220²) ÷ 370 times the distances of the bounds, rounded outwards.
    assert stripe["mix_rate_lower_ppm"] == 662_162 - 21_590
    assert stripe["mix_rate_upper_ppm"] == 662_162 + 28_787


def test_a_cohort_matures_month_by_month(model: Model) -> None:
    captured: Rows = [
        {
            "captured_date": day,
            "card_brand": "visa",
            "is_captured": 1,
            "captured_reporting_minor": 100,
        }
        for day in ("2026-01-05", "2026-01-31", "2026-02-01")
    ]
    disputes: Rows = [
        {"payment_month": "2026-01-01", "month": month, "card_brand": "visa", "is_chargeback": 1}
        | {"is_fraud": fraud, "amount_reporting_minor": 100}
        for month, fraud in (("2026-01-01", 0), ("2026-03-01", 1), ("2029-01-01", 0))
    ]
    found = model(
        "fct_dispute_cohorts_monthly",
        int_attempts=captured,
        int_disputes=disputes,
        int_as_of=[{"as_of": "2026-03-31"}],
    )
    curve = {
        (str(r["payment_month"]), r["months_since"]): (
            r["transactions"],
            r["chargebacks_to_date"],
            r["fraud_chargebacks_to_date"],
            r["is_complete"],
        )
        for r in found
    }
    assert curve == {
        ("2026-01-01", 0): (2, 1, 0, True),
        ("2026-01-01", 1): (2, 1, 0, True),
        ("2026-01-01", 2): (2, 2, 1, False),
        ("2026-01-01", 18): (2, 3, 1, False),
        ("2026-02-01", 0): (1, 0, 0, True),
        ("2026-02-01", 1): (1, 0, 0, False),
    }
