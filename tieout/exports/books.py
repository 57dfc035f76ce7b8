"""The ledger as books of plain-text accounting, for beancount and for hledger.

A transaction is what was posted on a day for one kind of event, net by account and currency, so the
books of any volume stay readable; every one balances in every currency. What a journal lacks to
balance (a break of the leg ledger_balance) stands on an account of its own. The balances that the
trial balance states are asserted at the end, so the other program proves them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

import duckdb

from tieout.exports.accounts import book_names
from tieout.exports.files import Unwritable
from tieout.exports.tables import Period
from tieout.money import exponent

OPENING, UNBALANCED = "Equity:Opening-Balances", "Equity:Unbalanced"

_POSTED = """
select business_date, event_type, account, currency, sum(net_minor)
from fct_ledger_daily
where ($first is null or business_date >= $first) and ($after is null or business_date < $after)
group by all having sum(net_minor) <> 0
order by 1, 2, 3, 4
"""
_TYPES = "select distinct account, account_type from fct_ledger_daily order by 1"
# The balances that a month opened or closed with.
_BALANCES = """
select account, currency, {column} from fct_trial_balance_monthly
where month = {month} and {column} <> 0 order by 1, 2
"""


@dataclass(frozen=True)
class Posting:
    """One line of a transaction; debits positive, in minor units."""

    account: str
    minor: int
    currency: str

    @property
    def amount(self) -> str:
        """The amount in major units with its currency."""
        places = exponent(self.currency)
        return f"{Decimal(self.minor).scaleb(-places):.{places}f} {self.currency}"


@dataclass(frozen=True)
class Transaction:
    """What happened on a day; its postings come to zero in every currency."""

    day: date
    title: str
    postings: tuple[Posting, ...]


@dataclass(frozen=True)
class Books:
    """All of a period: transactions by day, and the balances after it.

    `notes` has what the company itself calls each account.
    """

    edition_id: str
    transactions: tuple[Transaction, ...]
    balances: tuple[Posting, ...]
    closed_on: date
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def currencies(self) -> list[str]:
        """Every currency in use."""
        return sorted({p.currency for t in self.transactions for p in t.postings})

    @property
    def opened(self) -> dict[str, date]:
        """Every account in use, with the day of its first posting."""
        first: dict[str, date] = {}
        for transaction in self.transactions:
            for posting in transaction.postings:
                first.setdefault(posting.account, transaction.day)
        return dict(sorted(first.items()))

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection, edition_id: str, period: Period) -> Books:
        """The books of a period, opened with the balances that it begins with."""
        try:
            types = dict(connection.execute(_TYPES).fetchall())
        except duckdb.CatalogException:
            raise Unwritable(
                "this edition has no ledger by day; it is of an older version, so publish a new "
                "one with: tieout run"
            ) from None
        names = book_names(types)
        bounds = {"first": period.first, "after": period.after}
        rows = connection.execute(_POSTED, bounds).fetchall()
        transactions = [*_opening(connection, names, period), *_transactions(rows, names)]
        if not transactions:
            raise Unwritable("the ledger has nothing in this period")
        month = f"date '{period.last}'" if period.last else "(select max(month) from {table})"
        closing = _BALANCES.format(
            column="closing_minor", month=month.format(table="fct_trial_balance_monthly")
        )
        last = transactions[-1].day
        return cls(
            edition_id,
            tuple(transactions),
            tuple(Posting(names[a], m, c) for a, c, m in connection.execute(closing).fetchall()),
            period.after - timedelta(1) if period.after else last,
            {names[account]: account for account in types},
        )


def _opening(
    connection: duckdb.DuckDBPyConnection, names: dict[str, str], period: Period
) -> Iterator[Transaction]:
    if period.first is None:
        return
    sql = _BALANCES.format(column="opening_minor", month=f"date '{period.first}'")
    postings = [Posting(names[a], m, c) for a, c, m in connection.execute(sql).fetchall()]
    if postings:
        day = period.first - timedelta(1)
        yield Transaction(day, "Opening balances", _balanced(postings, OPENING))


def _transactions(
    rows: Iterable[tuple[date, str, str, str, int]], names: dict[str, str]
) -> Iterator[Transaction]:
    for (day, event), lines in groupby(rows, key=lambda row: row[:2]):
        postings = [Posting(names[a], int(minor), c) for _, _, a, c, minor in lines]
        yield Transaction(
            day, event.replace("_", " ").capitalize(), _balanced(postings, UNBALANCED)
        )


def _balanced(postings: list[Posting], against: str) -> tuple[Posting, ...]:
    """The postings, and in each currency what they lack to come to zero."""
    lacking: dict[str, int] = {}
    for posting in postings:
        lacking[posting.currency] = lacking.get(posting.currency, 0) - posting.minor
    rest = (Posting(against, minor, c) for c, minor in sorted(lacking.items()) if minor)
    return (*postings, *rest)


def beancount(books: Books) -> Iterator[str]:
    """The lines of a file that `bean-check` accepts."""
    yield f"; Tieout, edition {books.edition_id}"
    yield 'option "title" "Tieout"'
    for currency in books.currencies:
        yield f'option "operating_currency" "{currency}"'
    yield ""
    for account, day in books.opened.items():
        yield f"{day} open {account}"
        if account in books.notes:
            yield f'  name: "{_quoted(books.notes[account])}"'
    for transaction in books.transactions:
        yield ""
        yield f'{transaction.day} * "{_quoted(transaction.title)}"'
        yield from (f"  {posting.account}  {posting.amount}" for posting in transaction.postings)
    yield ""
    # An assertion holds at the beginning of its day.
    day = books.closed_on + timedelta(1)
    for posting in books.balances:
        yield f"{day} balance {posting.account}  {posting.amount.replace(' ', ' ~ 0 ', 1)}"


def hledger(books: Books) -> Iterator[str]:
    """The lines of a journal that `hledger check --strict` accepts."""
    yield f"; Tieout, edition {books.edition_id}"
    for currency in books.currencies:
        places = exponent(currency)
        yield f"commodity 1000.{'0' * places} {currency}"
    for account in books.opened:
        note = books.notes.get(account)
        yield f"account {account}" + (f"  ; {' '.join(note.split())}" if note else "")
    for transaction in books.transactions:
        yield ""
        yield f"{transaction.day} * {transaction.title}"
        yield from (f"    {posting.account}  {posting.amount}" for posting in transaction.postings)
    yield ""
    yield f"{books.closed_on} * Balances of edition {books.edition_id}"
    for posting in books.balances:
        yield f"    {posting.account}  0 {posting.currency} = {posting.amount}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


BOOKS = {"beancount": beancount, "hledger": hledger}


def write_books(books: Books, kind: str) -> str:
    """The whole text of the books in one of `BOOKS`."""
    return "\n".join(BOOKS[kind](books)) + "\n"
