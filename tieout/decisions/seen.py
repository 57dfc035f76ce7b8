"""What a person sees of items: what the current edition says of them, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Any

from tieout.decisions.record import DecisionRefused
from tieout.editions import Editions
from tieout.money import exponent
from tieout.scope import EVERY_ROW, RowScope

SHORTEST_ID = 8  # of an abbreviated id, as elsewhere


@dataclass(frozen=True)
class Item:
    """An item of an edition, in minor units of its currency."""

    item_id: str
    leg: str
    left_minor: int
    right_minor: int
    currency: str
    status: str
    break_type: str | None
    business_date: date


class Seen:
    """An edition, the current one by default, for as long as somebody decides on what it says.

    An item outside of the scope of who asks is no item of it.
    """

    def __init__(
        self, editions: Editions, scope: RowScope = EVERY_ROW, edition_id: str | None = None
    ) -> None:
        self.edition = editions.get(edition_id)
        columns = [name for name, _ in self.edition.tables["fct_reconciliation_items"].columns]
        self._condition = scope.condition(columns)
        self._connection = editions.open_edition(self.edition.edition_id)

    def __enter__(self) -> Seen:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def items(self, ids: Sequence[str]) -> list[Item]:
        """The items by their ids or the beginnings of these, sorted; each must be one item."""
        found = {item.item_id: item for item in map(self._item, map(str.strip, ids))}
        return [found[item_id] for item_id in sorted(found)]

    def _item(self, asked: str) -> Item:
        where = f"not in the current edition {self.edition.edition_id}"
        if len(asked) < SHORTEST_ID:
            raise DecisionRefused(f"{asked!r} is no item: at least {SHORTEST_ID} characters")
        rows = self._connection.execute(
            "select item_id, leg, left_minor, right_minor, currency, status, break_type,"
            f" business_date from fct_reconciliation_items where {self._condition}"
            " and starts_with(item_id, ?) limit 2",
            [asked],
        ).fetchall()
        if not rows:
            raise DecisionRefused(f"item {asked} is {where}")
        if len(rows) > 1:
            raise DecisionRefused(f"item {asked} is more than one item: write more of its id")
        return Item(*rows[0])

    def known(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids, in full, that are items of the edition and of the scope."""
        found = self._connection.execute(
            "select item_id from fct_reconciliation_items"
            f" where {self._condition} and list_contains(?, item_id)",
            [list(ids)],
        ).fetchall()
        return {item_id for (item_id,) in found}

    def is_suggested(self, items: Sequence[Item]) -> bool:
        """Whether these two are a pair that the current edition suggests."""
        pair = [item.item_id for item in items]
        ((count,),) = self._connection.execute(
            "select count(*) from fct_suggestions"
            " where list_sort([left_item_id, right_item_id]) = list_sort(?)",
            [pair],
        ).fetchall()
        return bool(count)

    def states(self) -> dict[str, str]:
        """What the edition made of each decision that it knows: in_force, lapsed, …"""
        if "fct_decisions" not in self.edition.tables:
            return {}
        return dict(
            self._connection.execute("select decision_id, state from fct_decisions").fetchall()
        )

    def describe(self, kind: str, items: Sequence[Item]) -> dict[str, Any]:
        """What is stored of the items as they were seen, and the value that is decided on.

        That is what a write-off gives up or an adjustment posts, and of all else what the items
        say of money: the side that says more, without signs, so that items that cancel out are
        not worth nothing.
        """
        currency = items[0].currency
        if kind in ("write_off", "adjust"):
            value = abs(sum(item.left_minor - item.right_minor for item in items))
        else:
            value = max(
                sum(abs(item.left_minor) for item in items),
                sum(abs(item.right_minor) for item in items),
            )
        day = max(item.business_date for item in items)
        return {
            "edition": self.edition.edition_id,
            "items": [
                {
                    "item_id": item.item_id,
                    "left_minor": item.left_minor,
                    "right_minor": item.right_minor,
                    "currency": item.currency,
                    "status": item.status,
                }
                for item in items
            ],
            "value_minor": value,
            "currency": currency,
            "value_reporting_minor": self._in_reporting(value, currency, day),
            "reporting_currency": self.edition.reporting_currency,
        }

    def _in_reporting(self, minor: int, currency: str, day: date) -> int | None:
        """The value in the reporting currency, as every mart converts; None without a rate."""
        reporting = self.edition.reporting_currency
        if currency == reporting:
            return minor
        rates = self._connection.execute(
            "select rate_billionths from rpt_reporting_rates"
            " where currency = ? and ? >= rate_date and ? < next_rate_date",
            [currency, day, day],
        ).fetchall()
        if not rates:
            return None
        above = minor * int(rates[0][0]) * 10 ** exponent(reporting)
        below = 10 ** exponent(currency) * 1_000_000_000
        return int((2 * above + below) // (2 * below))  # half away from zero: both are positive
