"""Bank entries without a reference from which the bank took a charge: paired by their likeness."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.dbt_legs.conftest import Ask, Row, build
from tests.dbt_legs.test_netting import entry, payout

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt_legs")]

COUNT, CHARGE = 150, 25
SYLLABLES = ("KO", "VAR", "MEN", "TIS", "BRA", "LO", "NEU", "HAN", "DE", "RIX", "PAL", "WIN")
FIRST = date(2026, 1, 5)


def company(shuffled: int | None = None) -> dict[str, list[Row]]:
    """Payouts under a payee's name, each booked days later, less the bank's charge."""
    draw = random.Random(3)
    payouts, entries = [], []
    for number in range(COUNT):
        day = FIRST + timedelta(days=number)
        amount = draw.randrange(100_000, 90_000_000)
        name = "".join(draw.choice(SYLLABLES) for _ in range(3))
        paid = payout(f"{name} {number}", amount, day.isoformat(), "USD")
        payouts.append({**paid, "payout_reference": f"{name} {number}"})
        booked = (day + timedelta(days=draw.choice((1, 1, 1, 2, 3)))).isoformat()
        entries.append(entry(f"e{number}", amount - CHARGE, booked, "USD", f"{name} LTD"))
    if shuffled is not None:
        random.Random(shuffled).shuffle(payouts)
        random.Random(shuffled + 1).shuffle(entries)
    return {"settlement_lines": payouts, "bank_lines": entries}


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return build(tmp_path_factory.mktemp("fuzzy") / "w", company(), as_of="2027-01-01")


PAIRS = (
    "select l.reference, r.source_line, i.match_pass, i.status, i.break_type, i.difference_minor"
    " from fct_reconciliation_members l"
    " join fct_reconciliation_members r on r.item_id = l.item_id and r.side = 'right'"
    " join fct_reconciliation_items i on i.item_id = l.item_id"
    " where l.leg = 'payout_bank' and l.side = 'left'"
)


def test_pairs_that_share_no_key_become_one_item_and_none_is_wrong(ask: Ask) -> None:
    found = ask(PAIRS)
    assert len(found) > COUNT * 9 // 10
    # The n-th entry is on line n + 2 of its file, and the n-th payout has n in its reference.
    assert {(int(str(name).split()[1]), int(str(line)) - 2) for name, line, *_ in found} <= {
        (number, number) for number in range(COUNT)
    }
    assert {row[5] for row in found} == {CHARGE}


def test_what_a_charge_took_is_still_a_difference(ask: Ask) -> None:
    """The partner is known now, but no policy says that 25 cents may be missing."""
    assert {row[2:5] for row in ask(PAIRS)} == {("fuzzy", "broken", "amount_mismatch")}


def test_conservation_holds_and_every_record_has_one_place(ask: Ask) -> None:
    assert ask(
        "select sum(abs(rows_difference)), sum(abs(minor_difference)) from rpt_conservation"
    ) == [(0, 0)]
    assert ask(
        "select count(*) - count(distinct (record_id, side)) from fct_reconciliation_members"
        " where leg = 'payout_bank'"
    ) == [(0,)]


def test_the_run_stores_its_own_check_and_what_it_learnt(ask: Ask) -> None:
    ((left, planted, accepted),) = ask(
        "select left_lines, decoys_planted, decoys_accepted from rpt_likeness_decoys"
        " where leg = 'payout_bank'"
    )
    assert left == COUNT
    assert planted > 0
    assert accepted == 0
    assert ask("select value from rpt_likeness_parameters where parameter = 'learnt'") == [(1,)]


def test_what_a_pair_could_have_been_instead_is_kept(ask: Ask) -> None:
    outcomes = dict(ask("select outcome, count(*) from fct_candidates group by 1"))
    taken = len(ask(PAIRS))
    assert outcomes["taken"] == taken
    assert set(outcomes) <= {"taken", "suggested", "rejected"}


def test_the_order_of_the_files_decides_nothing(ask: Ask, tmp_path: Path) -> None:
    other = build(tmp_path / "w", company(shuffled=7), as_of="2027-01-01")
    amounts = (
        "select left_minor, right_minor, count(*) from fct_reconciliation_items"
        " where leg = 'payout_bank' group by all order by all"
    )
    assert other(amounts) == ask(amounts)
