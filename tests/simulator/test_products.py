"""The other products of the simulated company, held against its own records of the payments."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import cached_property, lru_cache
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.formats.tabular_parts import Reading
from tieout.contracts import BUSINESS_TABLES
from tieout.formats.own import OWN_READERS
from tieout.simulator import INCIDENTS, ErrorRates, Month, parse_months
from tieout.simulator.accounts import ACCOUNTS
from tieout.simulator.amounts import merchant_fee
from tieout.simulator.company import csv_export, jsonl_export, parquet, payments
from tieout.simulator.draws import Draws
from tieout.simulator.ledger import ledger_table
from tieout.simulator.payments import Attempts
from tieout.simulator.phases import CURRENCIES, phase_of
from tieout.simulator.products import Products, products
from tieout.simulator.products.jurisdictions import tax_on, tax_within
from tieout.simulator.simulate import _origin, _Plan

Rows = list[dict[str, Any]]

TABLES_BY_PHASE = {
    1: set(),
    2: {"subscriptions", "invoices", "transfers"},
    3: {"subscriptions", "invoices", "transfers", "tax_lines"},
    4: {"subscriptions", "invoices", "transfers", "tax_lines", "advances"},
}
IDS = {
    "subscriptions": "subscription_id",
    "invoices": "invoice_id",
    "transfers": "transfer_id",
    "advances": "advance_event_id",
    "tax_lines": "tax_line_id",
}


@dataclass(frozen=True)
class Made:
    """What was made of a month, as plain rows."""

    month: Month
    draws: Draws
    attempts: Attempts
    products: Products

    def rows(self, table: str) -> Rows:
        found = self.products.tables.get(table)
        return found.to_pylist() if found else []

    @cached_property
    def captured(self) -> dict[str, dict[str, Any]]:
        """The captured payments by their id, and the country and fee of each."""
        table = payments(self.draws, self.attempts, INCIDENTS)
        fee = merchant_fee(self.attempts.captured, self.attempts.currency)
        fees = fee[self.attempts.is_recorded].tolist()
        rows = [row | {"fee": fee} for row, fee in zip(table.to_pylist(), fees, strict=True)]
        found = {row["payment_id"]: row for row in rows if row["status"] == "captured"}
        assert len(found) == sum(row["status"] == "captured" for row in rows)
        return found

    @cached_property
    def tried(self) -> dict[str, Rows]:
        by_payment = defaultdict(list)
        for row in payments(self.draws, self.attempts, INCIDENTS).to_pylist():
            by_payment[row["payment_id"]].append(row)
        return by_payment

    @cached_property
    def posted(self) -> dict[str, Rows]:
        """The entries of the ledger by event type."""
        if not self.products.journals:
            return {}
        by_type = defaultdict(list)
        for row in ledger_table(self.products.journals).to_pylist():
            by_type[row["event_type"]].append(row)
        return by_type

    def lines(self, event_type: str) -> dict[str, dict[str, int]]:
        """For each reference the amounts that were posted, by account."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for row in self.posted.get(event_type, []):
            assert row["account"] not in found[row["reference"]]
            found[row["reference"]][row["account"]] = row["amount_minor"]
        return found


def make(month: Month, seed: int, payments_per_month: int) -> Made:
    plan = _Plan(
        inbox=Path(),
        months=(month,),
        seed=seed,
        scale=Fraction(1),
        payments_per_month=payments_per_month,
        errors=ErrorRates(),
        incidents=INCIDENTS,
        is_columnar=False,
    )
    attempts = _origin(plan, month).attempts
    return Made(month, Draws(seed), attempts, products(Draws(seed), month, attempts))


@lru_cache
def made(text: str) -> Made:
    (month,) = parse_months(text)
    return make(month, 7, 20_000)


def half_up(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2))


def stages(rows: Rows, name: str) -> Rows:
    return [row for row in rows if row["advance_stage"] == name]


def both(row: dict[str, Any]) -> int:
    return row["principal_minor"] + row["fee_minor"]


MONTHS = pytest.mark.parametrize("text", ["2014-10", "2017-10", "2020-10", "2024-10"])


@pytest.mark.parametrize("text", ["2011-10", "2012-01", "2015-01", "2018-01", "2021-01", "2024-01"])
def test_each_product_comes_with_its_phase(text: str) -> None:
    (month,) = parse_months(text)
    some = make(month, 7, 2_000)
    tables = some.products.tables
    assert set(tables) == TABLES_BY_PHASE[min(phase_of(month).number, 4)]
    assert all(len(table) for table in tables.values())
    for name, table in tables.items():
        assert table.schema == BUSINESS_TABLES[name].columns


@MONTHS
def test_journals(text: str) -> None:
    check_journals(made(text))


@MONTHS
def test_moments(text: str) -> None:
    check_moments(made(text))


@MONTHS
def test_invoices(text: str) -> None:
    check_invoices(made(text))


@MONTHS
def test_transfers(text: str) -> None:
    check_transfers(made(text))


@MONTHS
def test_taxes(text: str) -> None:
    check_taxes(made(text))


@MONTHS
def test_advances(text: str) -> None:
    check_advances(made(text))


@settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    st.integers(0, 2**63),
    st.integers(Month(2012, 1).ordinal, Month(2030, 12).ordinal),
    st.integers(100, 600),
)
def test_any_month_of_any_seed(seed: int, ordinal: int, payments_per_month: int) -> None:
    some = make(Month.from_ordinal(ordinal), seed, payments_per_month)
    for check in (
        check_journals,
        check_moments,
        check_invoices,
        check_transfers,
        check_taxes,
        check_advances,
    ):
        check(some)


def check_journals(some: Made) -> None:
    bits = np.concatenate([group.bits for group in some.products.journals])
    assert len(set(bits.tolist())) == len(bits)
    for group in some.products.journals:
        assert (group.amounts != 0).all()
        assert (group.amounts.sum(axis=0) == 0).all()
        assert group.accounts.shape == group.amounts.shape == (len(group.amounts), len(group.bits))
        assert {ACCOUNTS[code].name for code in group.accounts.ravel().tolist()} <= ACCOUNTS_USED
    entries = [row for rows in some.posted.values() for row in rows]
    assert len({row["entry_id"] for row in entries}) == len(entries)


ACCOUNTS_USED = {
    "merchant_payable",
    "tax_payable",
    "merchant_advances",
    "deferred_revenue:advances",
    "revenue:billing",
    "revenue:advances",
    "operating_cost",
}


def check_moments(some: Made) -> None:
    first, end = some.month.first_day, some.month.last_day + timedelta(days=1)
    for name in some.products.tables:
        for row in some.rows(name):
            for column in ("created_at", "issued_at", "paid_at", "updated_at"):
                if row.get(column):
                    assert first <= row[column].date() < end
    for group in some.products.journals:
        days = group.at // 86_400
        assert np.isin(days, np.arange(np.datetime64(first), np.datetime64(end)).astype(int)).all()


def check_invoices(some: Made) -> None:
    invoices, fees = some.rows("invoices"), some.lines("billing_fee")
    subscriptions = {row["subscription_id"]: row for row in some.rows("subscriptions")}
    by_status = defaultdict(list)
    for row in invoices:
        by_status[row["invoice_status"]].append(row)
        assert row["period_end"].date() == some.month.first_day <= row["issued_at"].date()
        assert row["period_start"].date() == (some.month.first_day - timedelta(days=1)).replace(
            day=1
        )
        owner = subscriptions[row["subscription_id"]]
        for column in ("merchant_id", "customer_token", "currency"):
            assert row[column] == owner[column]
        assert owner["started_at"] <= row["period_start"]
        assert 0 < owner["amount_minor"] <= row["amount_minor"]
        assert 0 <= row["tax_minor"] < row["amount_minor"]
        assert (row["payment_id"] is None) == (row["paid_at"] is None)
        assert (row["payment_id"] is None) == (row["invoice_status"] != "paid")
    for row in by_status["paid"]:
        payment = some.captured[row["payment_id"]]
        assert row["amount_minor"] == payment["captured_minor"]
        assert row["paid_at"] == payment["captured_at"]
        for column in ("merchant_id", "customer_token", "currency"):
            assert row[column] == payment[column]
        first_attempt = min(some.tried[row["payment_id"]], key=lambda tried: tried["attempt_no"])
        assert row["issued_at"] <= first_attempt["created_at"]
        fee = half_up(Fraction(row["amount_minor"] * 5, 1000))
        posted = {"merchant_payable": fee, "revenue:billing": -fee} if fee else {}
        assert fees.pop(row["invoice_id"], {}) == posted
    assert not fees
    assert len({row["payment_id"] for row in by_status["paid"]}) == len(by_status["paid"])
    # A subscription has one invoice that counts, and is past due where that was not paid.
    counted = by_status["paid"] + by_status["open"]
    assert sorted(row["subscription_id"] for row in counted) == sorted(subscriptions)
    past_due = {i for i, row in subscriptions.items() if row["subscription_status"] == "past_due"}
    assert past_due == {row["subscription_id"] for row in by_status["open"]}
    paid_for = {row["subscription_id"]: row for row in by_status["paid"]}
    for row in by_status["void"]:
        right = paid_for[row["subscription_id"]]
        assert row["amount_minor"] == 2 * right["amount_minor"]
        assert row["issued_at"] <= row["updated_at"] == right["issued_at"]
    billing = {row["merchant_id"] for row in invoices}
    of_merchants = {i for i, row in some.captured.items() if row["merchant_id"] in billing}
    assert of_merchants == {row["payment_id"] for row in by_status["paid"]}


def check_transfers(some: Made) -> None:
    rows = some.rows("transfers")
    percents = defaultdict(lambda: set(range(5, 16)))
    for row in rows:
        payment = some.captured[row["payment_id"]]
        captured, kept = payment["captured_minor"], row["application_fee_minor"]
        assert row["amount_minor"] + kept == captured
        assert row["amount_minor"] > 0
        assert row["created_at"] == payment["captured_at"]
        assert row["from_merchant_id"] == payment["merchant_id"] != row["to_merchant_id"]
        assert row["currency"] == payment["currency"]
        fits = {p for p in range(5, 16) if half_up(Fraction(captured * p, 100)) == kept}
        percents[row["from_merchant_id"]] &= fits
    assert all(percents.values())  # one percentage explains all transfers of a marketplace
    marketplaces = {row["from_merchant_id"] for row in rows}
    of_merchants = {i for i, row in some.captured.items() if row["merchant_id"] in marketplaces}
    assert of_merchants == {row["payment_id"] for row in rows}
    paid_directly = {row["merchant_id"] for row in some.captured.values()}
    assert not paid_directly & {row["to_merchant_id"] for row in rows}
    assert not marketplaces & {row["merchant_id"] for row in some.rows("invoices")}
    amounts = defaultdict(list)
    for entry in some.posted.get("transfer", []):
        assert entry["account"] == "merchant_payable"
        amounts[entry["reference"]].append(entry["amount_minor"])
    assert amounts == {r["transfer_id"]: [r["amount_minor"], -r["amount_minor"]] for r in rows}


def check_taxes(some: Made) -> None:
    posted = some.lines("tax")
    by_attempt = {row["attempt_id"]: row for row in some.captured.values()}
    rates = defaultdict(set)
    for row in some.rows("tax_lines"):
        payment = by_attempt.pop(row["reference"])
        tax = half_up(Fraction(row["taxable_minor"] * row["rate_ppm"], 10**6))
        assert row["taxable_minor"] == payment["fee"]
        assert row["tax_minor"] == tax > 0
        assert row["currency"] == payment["currency"]
        assert row["merchant_id"] == payment["merchant_id"]
        assert row["created_at"] == payment["captured_at"]
        rates[row["jurisdiction"]].add((row["tax_kind"], row["rate_ppm"]))
        assert posted.pop(row["tax_line_id"]) == {"merchant_payable": tax, "tax_payable": -tax}
    assert not posted
    assert "US" not in rates
    assert all(len(different) == 1 for different in rates.values())


def check_advances(some: Made) -> None:
    by_advance = defaultdict(list)
    for row in some.rows("advances"):
        by_advance[row["advance_id"]].append(row)
    volume = defaultdict(int)
    for row in some.captured.values():
        day = row["captured_at"].date()
        volume[row["merchant_id"], row["currency"], day] += row["captured_minor"]
    for events in by_advance.values():
        assert events == sorted(events, key=lambda row: row["created_at"])
        (granted,), repaid = stages(events, "granted"), stages(events, "repaid")
        assert events[0] == granted
        assert granted["fee_minor"] * 10 == granted["principal_minor"] > 0
        assert len({(row["merchant_id"], row["currency"]) for row in events}) == 1
        owner = (granted["merchant_id"], granted["currency"])
        open_principal, open_fee = granted["principal_minor"], granted["fee_minor"]
        for place, row in enumerate(repaid):
            share = half_up(Fraction(volume[(*owner, row["created_at"].date())] * 12, 100))
            outstanding = open_principal + open_fee
            assert both(row) == min(share, outstanding) > 0
            assert row["created_at"].date() > granted["created_at"].date()
            open_principal -= row["principal_minor"]
            open_fee -= row["fee_minor"]
            assert min(open_principal, open_fee, row["fee_minor"], row["principal_minor"]) >= 0
            so_far = sum(both(earlier) for earlier in repaid[: place + 1])
            assert granted["fee_minor"] - open_fee == so_far * granted["fee_minor"] // both(granted)
        assert repaid
        for row in stages(events, "written_off"):
            assert (row["principal_minor"], row["fee_minor"]) == (open_principal, open_fee)
            assert row["created_at"].date() == some.month.last_day
    check_advance_journals(some, [row for events in by_advance.values() for row in events])


def check_advance_journals(some: Made, rows: Rows) -> None:
    posted = {
        event_type: some.lines(event_type)
        for event_type in ("advance_granted", "advance_repaid", "advance_written_off")
    }
    earned = some.lines("advance_fee")
    for row in rows:
        event, principal, fee = row["advance_event_id"], row["principal_minor"], row["fee_minor"]
        deferred = "deferred_revenue:advances"
        assert (
            posted[f"advance_{row['advance_stage']}"].pop(event)
            == {
                "granted": {
                    "merchant_advances": both(row),
                    "merchant_payable": -principal,
                    deferred: -fee,
                },
                "repaid": {"merchant_payable": both(row), "merchant_advances": -both(row)},
                "written_off": {
                    "operating_cost": principal,
                    deferred: fee,
                    "merchant_advances": -both(row),
                },
            }[row["advance_stage"]]
        )
        if row["advance_stage"] == "repaid" and fee:
            assert earned.pop(event) == {deferred: fee, "revenue:advances": -fee}
    assert not any(posted.values())
    assert not earned


@pytest.mark.parametrize("text", ["2014-10", "2020-10"])
def test_everything_that_can_happen_does(text: str) -> None:
    some = made(text)
    statuses = Counter(row["invoice_status"] for row in some.rows("invoices"))
    assert statuses["paid"] > 1_000
    assert statuses["void"] > 0
    count = len(some.captured)
    assert 0.10 < len(some.rows("invoices")) / count < 0.20
    assert 0.05 < len(some.rows("transfers")) / count < 0.11
    if text == "2014-10":
        assert statuses["open"] > 0
        return
    events = Counter(row["advance_stage"] for row in some.rows("advances"))
    assert events["granted"] > 24
    assert 0 < events["written_off"] < events["granted"] / 5
    granted, repaid = defaultdict(int), defaultdict(int)
    for row in some.rows("advances"):
        amounts = granted if row["advance_stage"] == "granted" else repaid
        amounts[row["advance_id"]] += both(row)
    fully = sum(granted[advance] == repaid[advance] for advance in granted)
    assert len(granted) / 2 < fully < len(granted)
    assert len({row["jurisdiction"] for row in some.rows("tax_lines")}) > 30
    # Kuwait does not tax the fee, and nobody else is charged in its dinars.
    assert {row["currency"] for row in some.rows("tax_lines")} == set(CURRENCIES) - {"KWD"}
    assert {row["currency"] for row in some.rows("invoices")} == set(CURRENCIES)


def test_a_month_is_the_same_alone_and_after_others() -> None:
    alone = made("2020-10")
    for text in ("2020-09", "2020-11"):
        made(text)
    again = products(Draws(7), alone.month, alone.attempts)
    for name, table in alone.products.tables.items():
        assert parquet(table) == parquet(again.tables[name])
    first, second = ledger_table(alone.products.journals), ledger_table(again.journals)
    assert parquet(first) == parquet(second)


def test_another_seed_makes_another_month() -> None:
    one, other = (make(Month(2020, 10), seed, 500) for seed in (1, 2))
    for name in set(IDS) - {"advances"}:
        ids = [{row[IDS[name]] for row in some.rows(name)} for some in (one, other)]
        assert not ids[0] & ids[1]


def test_ids_are_unique_over_months_but_subscriptions_come_again() -> None:
    months = [made(text) for text in ("2020-09", "2020-10", "2020-11")]
    for name, column in IDS.items():
        by_month = [[row[column] for row in some.rows(name)] for some in months]
        assert all(len(set(ids)) == len(ids) for ids in by_month)
        every = [i for ids in by_month for i in ids]
        assert (len(set(every)) == len(every)) == (name != "subscriptions")
    entries = [row for some in months for rows in some.posted.values() for row in rows]
    assert len({row["entry_id"] for row in entries}) == len(entries)
    lasting = ("merchant_id", "customer_token", "currency", "started_at", "billing_interval")
    seen: dict[str, tuple[Any, ...]] = {}
    for text in ("2014-10", "2017-10", "2020-09", "2020-10", "2020-11", "2024-10"):
        for row in made(text).rows("subscriptions"):
            what = tuple(row[column] for column in lasting)
            assert seen.setdefault(row["subscription_id"], what) == what


@pytest.mark.parametrize("write", [csv_export, jsonl_export, parquet])
@pytest.mark.parametrize("name", sorted(IDS))
def test_exports_are_read_back(name: str, write: Any) -> None:
    (reader,) = (reader for reader in OWN_READERS if reader.table.name == name)
    table: pa.Table = made("2020-10").products.tables[name]
    reading = Reading.of_bytes(reader, write(table))
    assert not reading.quarantined
    assert not reading.findings
    assert [{c: row[c] for c in table.column_names} for row in reading.rows] == table.to_pylist()


def test_taxes_are_rounded_half_up() -> None:
    net, gross = np.array([0, 2, 3, 7, 10]), np.array([0, 3, 4, 9, 11])
    ppm = np.array([250_000, 250_000, 166_667, 71_428, 100_000])
    assert tax_on(net, ppm).tolist() == [0, 1, 1, 0, 1]
    assert tax_within(gross, ppm).tolist() == [0, 1, 1, 1, 1]
    for minor in range(200):
        for rate in (50_000, 81_000, 200_000):
            (on,) = tax_on(np.array([minor]), np.array([rate])).tolist()
            (within,) = tax_within(np.array([minor]), np.array([rate])).tolist()
            assert on == half_up(Fraction(minor * rate, 10**6))
            assert within == half_up(Fraction(minor * rate, 10**6 + rate))
