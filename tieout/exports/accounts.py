"""Names of accounts as plain-text accounting takes them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping

ROOTS = {
    "asset": "Assets",
    "liability": "Liabilities",
    "equity": "Equity",
    "income": "Income",
    "expense": "Expenses",
}
UNKNOWN = "Equity:Unknown"


def book_names(types: Mapping[str, str]) -> dict[str, str]:
    """The name of each account below the root of its type: ``clearing:stripe`` of type asset is
    ``Assets:Clearing:Stripe``.

    Accounts that would have one name get the beginning of the hash of their own behind it, so that
    a name depends on no order. The name that the company uses goes into the book as a note.
    """
    plain = {account: _name(account, kind) for account, kind in types.items()}
    taken = Counter(plain.values())
    return {
        account: f"{name}-{_digest(account)}" if taken[name] > 1 else name
        for account, name in plain.items()
    }


def _name(account: str, kind: str) -> str:
    parts = (re.sub(r"[^A-Za-z0-9]+", "-", part).strip("-") for part in account.split(":"))
    kept = [part[0].upper() + part[1:] for part in parts if part] or [_digest(account)]
    return ":".join((ROOTS.get(kind, UNKNOWN), *kept))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6].upper()
