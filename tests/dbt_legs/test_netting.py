"""Deposits without a reference: netted where one sum fits, shown where several do."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from tests.dbt_legs.conftest import Ask, Row, build, line

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt_legs")]


def payout(name: str, amount: int, day: str, currency: str) -> Row:
    return line(
        "payout",
        name,
        -amount,
        day,
        payout_id=name,
        currency=currency,
        presentment_currency=currency,
        available_on=day,
    )


def entry(name: str, amount: int, day: str, currency: str, text: str = "SETTLEMENT") -> Row:
    return {
        "account": "acc",
        "statement_id": "s",
        "booking_date": day,
        "amount_minor": amount,
        "currency": currency,
        "bank_reference": name,
        "remittance": text,
        "counterparty": "ADYEN N.V.",
    }


PAYOUTS = [
    ("TXAAAAAAAA1XT", 10_000, "2026-01-05", "USD"),
    ("TXAAAAAAAA2XT", 25_000, "2026-01-06", "USD"),
    ("TXAAAAAAAA3XT", -7_000, "2026-01-07", "USD"),
    ("TXAAAAAAAA4XT", 99_900, "2026-01-07", "USD"),
    ("TXBBBBBBBB1XT", 500, "2026-01-05", "EUR"),
    ("TXBBBBBBBB2XT", 500, "2026-01-06", "EUR"),
    ("TXCCCCCCCC1XT", -800, "2026-01-05", "GBP"),
]
ENTRIES = [
    entry("netted", 28_000, "2026-01-08", "USD"),
    entry("named", 99_900, "2026-01-08", "USD", "TXAAAAAAAA4XT BATCH 4"),
    entry("twins", 500, "2026-01-08", "EUR"),
    entry("debit", -800, "2026-01-06", "GBP"),
    entry("alone", 123, "2026-01-06", "GBP"),
]


def company(turned: bool = False) -> dict[str, list[Row]]:
    step = -1 if turned else 1
    return {
        "settlement_lines": [payout(*row) for row in PAYOUTS][::step],
        "bank_lines": ENTRIES[::step],
    }


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return build(tmp_path_factory.mktemp("netting") / "w", company(), as_of="2026-02-28")


ITEMS = """
    select status, match_pass, break_type, left_count, right_count, left_minor, right_minor,
        is_ambiguous, candidate_count
    from fct_reconciliation_items where leg = 'payout_bank' and currency = '{}'
    order by all
"""


def test_an_entry_takes_the_payouts_that_only_together_come_to_it(ask: Ask) -> None:
    assert ask(ITEMS.format("USD")) == [
        ("matched", "exact", None, 1, 1, 99_900, 99_900, False, None),
        ("matched", "netting", None, 3, 1, 28_000, 28_000, False, 3),
    ]


def test_the_members_of_a_netted_group_have_one_item(ask: Ask) -> None:
    sql = """
        select i.match_pass, count(distinct i.item_id), count(distinct m.record_id)
        from fct_reconciliation_members as m
        join fct_reconciliation_items as i using (item_id)
        where i.leg = 'payout_bank' and i.match_pass is not null group by 1 order by 1
    """
    assert ask(sql) == [("exact", 1, 2), ("netting", 2, 6)]


def test_twins_are_shown_and_not_guessed(ask: Ask) -> None:
    assert ask(ITEMS.format("EUR")) == [
        ("broken", None, "missing_in_bank", 1, 0, 500, 0, True, 1),
        ("broken", None, "missing_in_bank", 1, 0, 500, 0, True, 1),
        ("broken", None, "unknown_reference", 0, 1, 0, 500, True, 2),
    ]
    sql = "select sum(candidate_count) from fct_breaks where is_ambiguous"
    assert ask(sql) == [(4,)]


def test_the_candidates_of_what_is_ambiguous_are_all_there(ask: Ask) -> None:
    sql = """
        select c.outcome, count(*), count(distinct c.right_item_id)
        from fct_candidates as c
        join fct_reconciliation_items as i on i.item_id = c.right_item_id
        where c.pass = 'netting' and i.currency in ('USD', 'EUR')
        group by 1 order by 1
    """
    assert ask(sql) == [("ambiguous", 2, 1), ("taken", 3, 1)]


def test_a_debit_of_the_processor_is_netted_too(ask: Ask) -> None:
    assert ask(ITEMS.format("GBP")) == [
        ("broken", None, "unknown_reference", 0, 1, 0, 123, False, 1),
        ("matched", "netting", None, 1, 1, -800, -800, False, 1),
    ]


def test_every_record_is_accounted_for(ask: Ask) -> None:
    sql = "select sum(abs(rows_difference)), sum(abs(minor_difference)) from rpt_conservation"
    assert ask(sql) == [(0, 0)]


def test_the_order_of_the_files_rows_changes_nothing(ask: Ask, tmp_path: Path) -> None:
    turned = build(tmp_path / "w", company(turned=True), as_of="2026-02-28")
    for currency in ("USD", "EUR", "GBP"):
        assert turned(ITEMS.format(currency)) == ask(ITEMS.format(currency))


def test_netting_agrees_with_trying_every_subset(tmp_path: Path) -> None:
    """Twenty blocks of up to twelve payouts, searched again without cleverness."""
    random.seed(21)
    currencies = "AUD CAD CHF CZK DKK EUR GBP HKD HUF ILS INR JPY MXN NOK NZD PLN RON SEK SGD THB"
    lines, entries, expected = [], [], {}
    for currency in currencies.split():
        size = random.randint(1, 12)
        # Few different amounts, so that some blocks have several sums and some have none.
        amounts = [random.choice([-1, 1, 1, 1]) * random.randint(1, 400) for _ in range(size)]
        target = sum(random.sample(amounts, random.randint(1, size))) + random.choice([0, 0, 1])
        names = [f"TX{currency}{n:05d}XT" for n in range(size)]
        subsets = [
            chosen
            for count in range(1, size + 1)
            for chosen in itertools.combinations(range(size), count)
            if sum(amounts[n] for n in chosen) == target
        ]
        lines += [
            payout(name, amount, "2026-01-05", currency)
            for name, amount in zip(names, amounts, strict=True)
        ]
        entries.append(entry(currency, target, "2026-01-06", currency))
        found = len(subsets[0]) if len(subsets) == 1 else 0
        expected[currency] = (found, len(subsets) > 1)
    ask = build(tmp_path / "w", {"settlement_lines": lines, "bank_lines": entries}, "2026-02-28")
    sql = """
        select currency, max(case when match_pass = 'netting' then left_count else 0 end),
            bool_or(is_ambiguous)
        from fct_reconciliation_items where leg = 'payout_bank' group by 1
    """
    assert {currency: tuple(rest) for currency, *rest in ask(sql)} == expected
    assert len({bool(found) for found, _ in expected.values()}) == 2
