import csv
from pathlib import Path

import pytest

from tieout.figures import rate
from tieout.money import exponent, exponents, format_minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (-123450, "USD", "-1,234.50 USD"),
        (335, "JPY", "335 JPY"),
        (1, "KWD", "0.001 KWD"),
        (9007199254740993, "EUR", "90,071,992,547,409.93 EUR"),  # beyond what a float can hold
    ],
)
def test_amounts_are_shown_exactly(minor: int, currency: str, text: str) -> None:
    assert format_minor(minor, currency) == text


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="XXQ"):
        exponent("XXQ")


def test_the_currencies_seed_is_iso_4217() -> None:
    seed = Path(__file__).parents[1] / "dbt_project" / "seeds" / "currencies.csv"
    with seed.open() as file:
        rows = list(csv.DictReader(file))
    assert {row["currency"]: int(row["exponent"]) for row in rows} == exponents()
    assert all(int(row["minor_per_major"]) == 10 ** int(row["exponent"]) for row in rows)


def test_a_rate_is_all_only_when_it_is_all() -> None:
    assert rate(999_999, 1_000_000) == "99.99%"
    assert rate(3, 3) == "100.00%"
    assert rate(0, 0) == "–"
