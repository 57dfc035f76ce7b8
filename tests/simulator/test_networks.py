"""Card networks bill their own fees, a month or two late."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction

from tests.simulator.reading import World, half_away


def test_bills_come_late_and_are_nearly_what_the_contracts_say(clean: World) -> None:
    rates = {
        price["card_brand"]: int(price["rate_ppm"])
        for price in clean.csv_rows("company/fee_contracts.csv")
        if price["fee_component"] == "network_fee"
    }
    expected: Counter[tuple[str, str, date]] = Counter()
    for line in clean.lines:
        if line.processor == "adyen" and line.kind == "charge":
            fee = half_away(Fraction(line.gross * rates[line.brand], 10**6))
            expected[line.brand, line.currency, line.at.date().replace(day=1)] += fee
    billed: dict[tuple[str, str, date], int] = defaultdict(int)
    for path in sorted((clean.inbox / "company").glob("network_bills-*.csv")):
        for row in clean.csv_rows(f"company/{path.name}"):
            month, day = (date.fromisoformat(row[n]) for n in ("service_month", "billed_on"))
            months = (day.year - month.year) * 12 + day.month - month.month
            assert months in (1, 2)
            assert day <= clean.last_day
            billed[row["network"], row["currency"], month] += int(row["amount_minor"])
    assert billed
    # A line of the last days of a month may be paid out in a month that is not simulated.
    for key, minor in billed.items():
        assert abs(minor - expected[key]) <= max(2, expected[key] // 200), key
