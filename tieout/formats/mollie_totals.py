"""What Mollie's settlements and balance reports state, and what their own parts come to.

They have no lines of their own: a settlement is the transfer that the balance transactions tell, a
report sums them up. Their amounts have four decimals, and only what is transferred is whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tieout.formats.amounts import MINOR_MAX
from tieout.formats.base import ControlTotal, Finding
from tieout.formats.draft import Block
from tieout.money import exponent

NAMES = (
    "amount", "periods", "reference", "totals", "balanceId", "from", "until",
)  # fmt: skip
_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,8})?")


def totals(block: Block) -> Iterator[ControlTotal | Finding]:
    """Of each settlement, what its periods come to; of each report, what its subtotals do."""
    names = ("resource", "id", *NAMES)
    for line, row in zip(
        block.lines.to_pylist(), block.table.select(names).to_pylist(), strict=True
    ):
        try:
            if row["resource"] == "settlement" and row["periods"] not in (None, "{}"):
                yield _settlement(row, line)
            elif row["resource"] == "balance-report":
                scope = f"{row['balanceId']} {row['from']} to {row['until']}"
                yield from _subtotals(json.loads(row["totals"] or "{}"), scope, line)
        except (ValueError, RecursionError) as error:
            message = f"the totals of this {row['resource']} cannot be read: {error}"
            yield Finding("control_total_unreadable", message, line)


def _settlement(row: dict[str, Any], line: int) -> ControlTotal:
    """What was transferred, and revenue less costs of all its months."""
    value, currency = _amount(json.loads(row["amount"] or "null"))
    computed = Decimal(0)
    for months in _values(json.loads(row["periods"])):
        for period in _values(months):
            for part, sign in (("revenue", 1), ("costs", -1)):
                for each in _list(_object(period).get(part)):
                    gross, own = _amount(_object(each).get("amountGross"))
                    if own != currency:
                        raise ValueError(f"{part} in {own}, but the settlement is in {currency}")
                    computed += sign * gross
    name, scope = "settlement_equals_its_periods", row["reference"] or row["id"] or "a settlement"
    return ControlTotal(
        name, scope, currency, _minor(value, currency), _minor(computed, currency), line
    )


def _subtotals(node: Any, scope: str, line: int) -> Iterator[ControlTotal]:
    """Every amount of a report that is told in parts, with the sum of the parts."""
    if not isinstance(node, dict):
        return
    parts = _list(node.get("subtotals"))
    if "amount" in node and parts:
        value, currency = _amount(node["amount"])
        computed = Decimal(0)
        for part in parts:
            own, other = _amount(_object(part).get("amount"))
            if other != currency:
                raise ValueError(f"{scope}: subtotals in {other} of an amount in {currency}")
            computed += own
        stated = _minor(value, currency)
        yield ControlTotal(
            "amount_equals_its_subtotals", scope, currency, stated, _minor(computed, currency), line
        )
    for place, part in enumerate(parts, start=1):
        yield from _subtotals(part, f"{scope} {place}", line)
    for name, part in node.items():
        yield from _subtotals(part, f"{scope} {name}", line)


def _amount(found: Any) -> tuple[Decimal, str]:
    value, currency = (_object(found).get(name) for name in ("value", "currency"))
    if not isinstance(value, str) or not isinstance(currency, str) or not _AMOUNT.fullmatch(value):
        raise ValueError(f"{json.dumps(found)[:80]} is not an amount")
    exponent(currency)
    return Decimal(value), currency


def _minor(value: Decimal, currency: str) -> int:
    minor = int(value.scaleb(exponent(currency)).quantize(Decimal(1), ROUND_HALF_EVEN))
    if abs(minor) > MINOR_MAX:
        raise ValueError(f"{value} {currency} is too large an amount")
    return minor


def _object(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ValueError(f"{json.dumps(found)[:80]} stands where an object belongs")
    return found


def _values(found: Any) -> list[Any]:
    return list(_object(found).values())


def _list(found: Any) -> list[Any]:
    if found is not None and not isinstance(found, list):
        raise ValueError(f"{json.dumps(found)[:80]} stands where a list belongs")
    return found or []
