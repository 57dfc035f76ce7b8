"""Fees against the contract and conversions against the stated rate, computed a second time."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from tests.dbt_legs.conftest import Ask, Row, build, line, payment, price

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt_legs")]

CONTRACT = [
    price("i_any", "charge", "interchange", 2_000, 0),
    price("i_debit", "charge", "interchange", 500, 21, funding="debit"),
    price("i_visa_us", "charge", "interchange", 15_100, 10, card_brand="visa", issuer_country="US"),
    price("i_amex", "charge", "interchange", 31_000, 0, card_brand="amex", currency="USD"),
    price("s_any", "charge", "scheme_fee", 1_337, 2),
    price("m_old", "charge", "markup", 3_000, 0, effective_to="2026-01-15"),
    price("m_new", "charge", "markup", 2_500, 0, effective_from="2026-01-16"),
    price("f_any", "charge", "fixed_fee", 0, 12),
    price("c_us", "chargeback", "fixed_fee", 0, 1_500, issuer_country="US"),
    price("c_any", "chargeback", "fixed_fee", 0, 2_000),
    price("r_back", "refund", "markup", -2_500, 0),
]
COMPONENTS = ("interchange", "scheme_fee", "markup", "fixed_fee")


def rounded(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def agreed(kind: str, gross: int, day: str, said: dict[str, str]) -> dict[str, int]:
    """The fee of each component, computed again in Python."""
    fees = dict.fromkeys(COMPONENTS, 0)
    for component in COMPONENTS:
        fitting = [
            (sum(name in row for name in ("currency", *said)), row)
            for row in CONTRACT
            if row["line_kind"] == kind
            and row["fee_component"] == component
            and str(row["effective_from"]) <= day <= str(row.get("effective_to", "9999"))
            and all(row.get(name, value) == value for name, value in said.items())
            and row.get("currency", "USD") == "USD"
        ]
        if fitting:
            # Stable: of as many attributes, the one on the issuer country goes before the others.
            best = max(fitting, key=lambda pair: (pair[0], "issuer_country" in pair[1]))[1]
            share = Decimal(abs(gross)) * int(str(best["rate_ppm"])) / 1_000_000
            fees[component] = rounded(share) + int(str(best["fixed_minor"]))
    return fees


def charges(count: int) -> tuple[list[Row], list[Row]]:
    """Payments and their lines, every seventh with a cent too much."""
    random.seed(8)
    payments, lines = [], []
    for n in range(count):
        said = {
            "card_brand": random.choice(["visa", "mastercard", "amex"]),
            "funding": random.choice(["debit", "credit", "prepaid"]),
            "issuer_country": random.choice(["US", "DE", "FR"]),
        }
        day, gross = f"2026-01-{random.randint(1, 31):02d}", random.randint(1, 2_000_000)
        fees = agreed("charge", gross, day, said)
        if n % 7 == 0:
            fees["markup"] += 1
        payments.append(payment(f"c{n}", gross, day, **said))
        charged = {f"{name}_minor": fee for name, fee in fees.items()}
        brand = said["card_brand"]
        lines.append(line("charge", f"psp_c{n}", gross, day, card_brand=brand, **charged))
    return payments, lines


def converted(name: str, seen: int, seen_in: str, gross: int, currency: str, rate: str) -> Row:
    return line(
        "charge",
        name,
        gross,
        "2026-01-20",
        processor="other",
        presentment_minor=seen,
        presentment_currency=seen_in,
        currency=currency,
        fx_rate=rate,
    )


def tables() -> dict[str, list[Row]]:
    payments, lines = charges(400)
    day = "2026-01-20"
    payments.append(payment("us", 9_000, "2026-01-10", issuer_country="US", funding="credit"))
    lines += [
        line("chargeback", "dp_1", -9_000, day, payment_reference="psp_us", fixed_fee_minor=1_500),
        line("chargeback", "dp_2", -9_000, day, payment_reference="psp_us", fixed_fee_minor=2_000),
        line("chargeback", "dp_3", -9_000, day, fixed_fee_minor=1_500),
        # Of no payment, and its price asks for none.
        line("refund", "re_1", -1_000, day, markup_minor=-3),
        line("charge", "psp_nobody", 1_000, day, markup_minor=3),
        line("fee", "monthly", -500, day),
        line("refund", "re_0", -1_000, "2025-12-31", markup_minor=-3),
        converted("jpy_usd", 1_000, "JPY", 670, "USD", "0.0067"),
        converted("usd_kwd", 100, "USD", 304, "KWD", "0.305"),
        converted("kwd_jpy", 1_500, "KWD", 735, "JPY", "487.333"),
        converted("back", -1_000, "JPY", -672, "USD", "0.0067"),
        converted("silent", 1_000, "JPY", 670, "USD", ""),
        converted("same", 1_000, "USD", 1_000, "USD", "1"),
    ]
    return {"payments": payments, "settlement_lines": lines, "fee_contracts": list(CONTRACT)}


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return build(tmp_path_factory.mktemp("amounts") / "w", tables(), as_of="2026-01-31")


def judged(ask: Ask, leg: str) -> dict[object, list[object]]:
    rows = ask(
        "select reference, status, break_type, difference_minor "
        f"from fct_reconciliation_items where leg = '{leg}'"
    )
    return {reference: judgement for reference, *judgement in rows}


def test_every_fee_is_what_a_second_computation_says(ask: Ask) -> None:
    found = judged(ask, "fee_contract")
    for n in range(400):
        wrong = ["broken", "fee_mismatch", 1] if n % 7 == 0 else ["matched", None, 0]
        assert found[f"psp_c{n}"] == wrong, n


def test_a_chargeback_is_priced_by_its_payment(ask: Ask) -> None:
    found = judged(ask, "fee_contract")
    assert found["dp_1"] == ["matched", None, 0]
    assert found["dp_2"] == ["broken", "fee_mismatch", 500]
    assert found["re_1"] == ["matched", None, 0]


def test_what_cannot_be_priced_is_left_out_with_its_reason(ask: Ask) -> None:
    sql = """
        select reference, excluded_reason from fct_reconciliation_members
        where leg = 'fee_contract' and excluded_reason is not null and processor = 'adyen'
    """
    assert dict(ask(sql)) == {
        "dp_3": "payment_unknown",
        "psp_nobody": "payment_unknown",
        "monthly": "not_priced",
        "re_0": "not_priced",
    }
    sql = """
        select distinct excluded_reason from fct_reconciliation_members
        where leg = 'fee_contract' and processor = 'other'
    """
    assert ask(sql) == [("no_contract",)]


def test_an_agreed_fee_leads_back_to_a_line_of_the_contract(ask: Ask) -> None:
    sql = """
        select m.reference, c.contract_line_id
        from fct_reconciliation_members as m
        join canonical.fee_contracts as c using (source_file_sha256, source_line)
        where m.source_table = 'fee_contracts' and m.reference in ('dp_1', 're_1', 'psp_c1')
    """
    assert dict(ask(sql)) == {"dp_1": "c_us", "re_1": "r_back", "psp_c1": "f_any"}


def test_a_conversion_is_held_against_the_stated_rate(ask: Ask) -> None:
    assert judged(ask, "fx_conversion") == {
        "jpy_usd": ["matched", None, 0],
        "usd_kwd": ["matched_within_tolerance", None, -1],
        "kwd_jpy": ["broken", "fx_mismatch", 4],
        "back": ["broken", "fx_mismatch", -2],
    }
    sql = """
        select reference, excluded_reason from fct_reconciliation_members
        where leg = 'fx_conversion' and processor = 'other' and excluded_reason is not null
    """
    assert dict(ask(sql)) == {"silent": "no_rate_stated", "same": "not_converted"}


def test_every_record_is_accounted_for(ask: Ask) -> None:
    sql = """
        select leg, sum(rows_in), sum(rows_difference), sum(minor_difference)
        from rpt_conservation where leg in ('fee_contract', 'fx_conversion') group by 1 order by 1
    """
    assert ask(sql) == [("fee_contract", 413 + 403, 0, 0), ("fx_conversion", 413 + 4, 0, 0)]


def test_without_a_contract_nothing_is_priced_and_nothing_breaks(tmp_path: Path) -> None:
    without = {name: rows for name, rows in tables().items() if name != "fee_contracts"}
    ask = build(tmp_path / "w", without, as_of="2026-01-31")
    sql = """
        select side, excluded_reason, count(*) from fct_reconciliation_members
        where leg = 'fee_contract' group by all
    """
    assert ask(sql) == [("left", "no_contract", 413)]
    assert judged(ask, "fee_contract") == {}
