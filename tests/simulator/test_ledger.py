"""The ledger: journals balance, and what is left on each account at the end is explained."""

from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction

import pytest

from tests.simulator.reading import OF_PAYOUT, World, business_day_after, half_away

EVENT_TYPES = {
    "opening_balance",
    "capture",
    "refund",
    "refund_reversal",
    "chargeback",
    "chargeback_reversal",
    "processor_fee",
    "reserve",
    "conversion",
    "payout",
    "bank_entry",
    "billing_fee",
    "transfer",
    "tax",
    "advance_granted",
    "advance_repaid",
    "advance_fee",
    "advance_written_off",
}


def test_every_journal_balances_in_its_currency(any_world: World) -> None:
    unbalanced = any_world.sql(
        "select journal_id, any_value(event_type) as event_type, abs(sum(amount_minor)) as off"
        " from {ledger} group by journal_id, currency having sum(amount_minor) <> 0"
    )
    wrong = any_world.planted("journal_unbalanced")
    assert {row["journal_id"]: row["off"] for row in unbalanced} == {
        reference: error["amount_minor"] for reference, error in wrong.items()
    }
    assert {row["event_type"] for row in unbalanced} <= {"capture"}


def test_every_kind_of_event_is_posted(demo: World) -> None:
    """The demo has all of them, and none of them makes money."""
    rows = demo.sql("select event_type, sum(amount_minor) as left from {ledger} group by all")
    assert {row["event_type"] for row in rows} == EVENT_TYPES
    assert {row["left"] for row in rows} == {0}


def test_a_conversion_is_posted_in_both_currencies(world_of) -> None:
    conversions = world_of("clean", 23).sql(
        "select reference, count(distinct currency) as currencies from {ledger}"
        " where event_type = 'conversion' group by all"
    )
    assert conversions
    assert all(row["currencies"] >= 2 for row in conversions)


def test_every_entry_is_of_an_account_of_the_chart(any_clean: World) -> None:
    chart = {row["account"] for row in any_clean.csv_rows("company/chart_of_accounts.csv")}
    rows = any_clean.sql(
        "select distinct account from {ledger}"
        " union all select entry_id from {ledger} group by all having count(*) > 1"
        " union all select journal_id from {ledger} group by all"
        "   having count(distinct effective_at) > 1 or count(*) < 2"
    )
    assert {row["account"] for row in rows} <= chart


def balances(world: World, account: str) -> dict[tuple[str, str], int]:
    """What is left on the accounts of this name, by processor and currency."""
    rows = world.sql(
        "select split_part(account, ':', 2) as processor, currency, sum(amount_minor)::bigint"
        f" as minor from {{ledger}} where account like '{account}:%' group by all"
    )
    return {(row["processor"], row["currency"]): row["minor"] for row in rows if row["minor"]}


def test_clearing_is_what_is_not_yet_paid_out(any_clean: World) -> None:
    """What was charged leaves its currency by conversion, so nothing is left but what is open."""
    happened = {
        ("charge", reference): (row, row["captured_minor"])
        for reference, row in any_clean.captured.items()
    }
    for row in any_clean.csv_rows("company/refunds-*.csv"):
        is_back = row["refund_stage"] == "reversal"
        kind = "refund_reversal" if is_back else "refund"
        sign = 1 if is_back else -1
        happened[kind, row["processor_reference"]] = (row, sign * int(row["amount_minor"]))
    for row in any_clean.disputes:
        sign = {"chargeback": -1, "reversal": 1}.get(row["stage"])
        if sign:
            kind = "chargeback" if sign < 0 else "chargeback_reversal"
            happened[kind, row["processor_reference"]] = (row, sign * row["amount_minor"])
    settled = {
        (line.kind, line.reference): (line.processor, line.label, line.seen)
        for line in any_clean.lines
        if line.kind not in OF_PAYOUT
    }
    expected = Counter()
    for event, (row, minor) in happened.items():
        own = (row["processor"], row["currency"], minor)
        assert settled.pop(event, own) == own
        expected[own[:2]] += minor
    assert not settled
    for line in any_clean.lines:
        if line.kind not in OF_PAYOUT:
            expected[line.processor, line.label] -= line.seen
    assert balances(any_clean, "clearing") == {
        key: minor for key, minor in expected.items() if minor
    }
    assert balances(any_clean, "clearing")


def test_exchange_costs_what_the_processors_keep(any_clean: World) -> None:
    cost, charged, settled = Counter(), Counter(), Counter()
    for line in any_clean.lines:
        if line.label != line.currency:
            value = half_away(any_clean.reference_value(line))
            cost[line.currency] += value - line.gross
            charged[line.label] += line.seen
            settled[line.currency] -= value
    rows = any_clean.sql(
        "select account, currency, sum(amount_minor)::bigint as minor from {ledger}"
        " where account in ('exchange_difference', 'currency_exchange') group by all"
    )
    found = {(row["account"], row["currency"]): row["minor"] for row in rows}
    assert found == (
        {("exchange_difference", currency): minor for currency, minor in cost.items()}
        | {("currency_exchange", currency): minor for currency, minor in charged.items()}
        | {("currency_exchange", currency): minor for currency, minor in settled.items()}
    )
    for currency, minor in cost.items():
        assert Fraction(minor, -settled[currency]) == pytest.approx(0.01, abs=0.001)


def test_fees_are_the_processors(any_clean: World) -> None:
    expected = Counter()
    for line in any_clean.lines:
        expected[line.processor, line.currency] += line.fees
        expected[line.processor, line.currency] -= line.net if line.kind == "fee" else 0
    assert balances(any_clean, "processing_cost") == expected


def test_reserves_of_a_month_sum_to_zero(any_world: World) -> None:
    rows = any_world.sql(
        "select account, currency, strftime(effective_at, '%Y-%m') as month,"
        " sum(amount_minor) as minor, count(*) as postings from {ledger}"
        " where account like 'reserve:%' group by all"
    )
    assert rows
    assert all(row["minor"] == 0 and row["postings"] == 2 for row in rows)


def test_payouts_are_posted_as_they_are_stated(any_world: World) -> None:
    posted = any_world.sql(
        "select reference, sum(amount_minor)::bigint as minor from {ledger}"
        " where event_type = 'payout' and account like 'payout_in_transit:%' group by all"
    )
    found = {row["reference"]: row["minor"] for row in posted}
    cut_off = any_world.planted("file_truncated", "payout_bank")
    lost = {r for r, e in cut_off.items() if e["break_type"] == "unknown_reference"}
    assert lost == found.keys() - {line.bank_reference for line in any_world.lines}
    for line in any_world.lines:
        # An entry of nothing is not posted.
        if line.kind == "payout" and line.net:
            assert found[line.bank_reference] == -line.net


def test_nothing_stays_in_transit_but_by_an_error_of_the_bank(any_world: World) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    payouts = any_world.sql(
        "select split_part(account, ':', 2) as processor, currency, amount_minor,"
        " effective_at::date as day from {ledger}"
        " where event_type = 'payout' and account like 'payout_in_transit:%'"
    )
    for row in payouts:
        if business_day_after(row["day"]) > any_world.last_day:
            expected[row["processor"], row["currency"]] += row["amount_minor"]
    signs = {
        "bank_entry_missing": 1,
        "bank_amount_wrong": 1,
        "bank_entry_duplicated": -1,
        "bank_entry_unknown": -1,
    }
    for error in any_world.errors:
        sign = signs.get(error["error_type"], 0) if error["leg"] == "clearing" else 0
        expected[error["processor"], error["currency"]] += sign * error["amount_minor"]
    assert balances(any_world, "payout_in_transit") == {k: v for k, v in expected.items() if v}


def test_cash_moves_as_the_statements_do(any_world: World) -> None:
    accounts = {
        row["account"]: row["bank_account"]
        for row in any_world.csv_rows("company/chart_of_accounts.csv")
        if row["role"] == "cash"
    }
    rows = any_world.sql(
        "select account, currency, strftime(effective_at, '%Y-%m') as month,"
        " sum(amount_minor)::bigint as minor from {ledger}"
        " where account like 'cash:%' and event_type = 'bank_entry' group by all"
    )
    posted = {(accounts[r["account"]], r["currency"], r["month"]): r["minor"] for r in rows}
    booked = {(s.account, s.currency, s.month): s.moved for s in any_world.statements if s.entries}
    assert posted == booked
    # Each account is opened with what its first statement opens with, on the day before.
    first = {}
    for statement in sorted(any_world.statements, key=lambda s: s.month):
        first.setdefault((statement.account, statement.currency), statement.opening)
    opened = any_world.sql(
        "select account, currency, amount_minor, day(effective_at::date + 1) as day_after"
        " from {ledger} where account like 'cash:%' and event_type = 'opening_balance'"
    )
    assert first == {(accounts[r["account"]], r["currency"]): r["amount_minor"] for r in opened}
    assert {r["day_after"] for r in opened} == {1}
    events = any_world.sql(
        "select distinct regexp_extract(filename, 'ledger-[a-z]*') as file, event_type"
        f" from read_parquet('{any_world.inbox}/company/ledger-*.parquet', filename = true)"
    )
    by_file = defaultdict(set)
    for row in events:
        by_file[row["file"]].add(row["event_type"])
    assert by_file["ledger-cash"] == {"bank_entry", "opening_balance"}
    assert "bank_entry" not in by_file["ledger-"]


def test_a_statement_s_journals_are_one_for_each_entry(any_world: World) -> None:
    rows = any_world.sql(
        "select reference, effective_at::date as day, amount_minor from {ledger}"
        " where event_type = 'bank_entry' and account like 'cash:%'"
    )
    entries = [entry for statement in any_world.statements for entry in statement.entries]
    assert Counter((r["reference"], r["day"], r["amount_minor"]) for r in rows) == Counter(
        (entry.reference, entry.day, entry.amount) for entry in entries
    )
    assert max(row["day"] for row in rows) <= any_world.last_day
    assert all(isinstance(row["day"], date) for row in rows)
