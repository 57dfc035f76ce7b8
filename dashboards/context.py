"""What a page looks at: an edition, a period and a currency. The bar above the page makes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboards import data
from dashboards.data import Row, Value
from tieout.editions import Edition
from tieout.settings import Workspace


@dataclass(frozen=True)
class Scope:
    """Business dates from `first` to before `after`; one currency, or all of them if None.

    All currencies are added up in the reporting currency, one currency in its own amounts.
    """

    first: date = date.min
    after: date = date.max
    currency: str | None = None

    @classmethod
    def of_month(cls, month: date, currency: str | None) -> Scope:
        """One calendar month."""
        turn = month.replace(day=28).toordinal() + 4
        return cls(month, date.fromordinal(turn).replace(day=1), currency)

    @property
    def is_one_month(self) -> bool:
        """Whether the period is a month, so that its days can be shown."""
        return self.first != date.min

    @property
    def month(self) -> date | None:
        """The month that the period is; None for all of them."""
        return self.first if self.is_one_month else None


@dataclass(frozen=True)
class Context:
    """The edition and scope that all figures of a page share."""

    home: Workspace
    edition: Edition
    is_current: bool
    scope: Scope

    @property
    def currency(self) -> str:
        """The currency of the totals."""
        return self.scope.currency or self.edition.reporting_currency

    @property
    def as_of(self) -> date:
        """The day from which open items are judged."""
        return date.fromisoformat(self.edition.as_of)

    @property
    def days(self) -> list[date]:
        """The days of the period up to the as-of date; only one month has days to show."""
        last = min(self.as_of.toordinal() + 1, self.scope.after.toordinal())
        return [date.fromordinal(n) for n in range(self.scope.first.toordinal(), last)]

    def rows(self, sql: str, **parameters: Value) -> list[Row]:
        """The rows of a query on the edition."""
        return data.rows(self.home, self.edition.edition_id, sql, parameters)

    def in_scope(self, sql: str, **parameters: Value) -> list[Row]:
        """The rows of a query that names ``$first``, ``$after`` and ``$currency``."""
        scope = {
            "first": self.scope.first,
            "after": self.scope.after,
            "currency": self.scope.currency,
        }
        return self.rows(sql, **scope, **parameters)
