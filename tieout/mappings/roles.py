"""Which column of an unknown file has which role: by its name, and by what it holds."""

from __future__ import annotations

from tieout.mappings import sniff
from tieout.mappings.words import INCOMING, OUTGOING, fit, plain
from tieout.money import exponents

BANK_ROLES = (
    "booking_date", "value_date", "credit", "debit", "amount", "direction", "currency",
    "balance_after", "account", "end_to_end_id", "bank_reference", "counterparty", "remittance",
)  # fmt: skip
SETTLEMENT_ROLES = (
    "line_id", "line_kind", "gross_minor", "markup_minor", "net_minor", "currency", "created_at",
    "payout_id", "payment_reference", "merchant_reference",
)  # fmt: skip
AMOUNTS = {
    "credit",
    "debit",
    "amount",
    "balance_after",
    "gross_minor",
    "markup_minor",
    "net_minor",
}
DATES = {"booking_date", "value_date", "created_at"}


def is_settlement(sheet: sniff.Sheet) -> bool:
    """Fees beside a gross or a net amount; or fees alone, in what is no statement of a bank."""
    found = roles_of(sheet, SETTLEMENT_ROLES).keys()
    has_fees, totals = "markup_minor" in found, found & {"gross_minor", "net_minor"}
    if totals:
        return has_fees or len(totals) == 2
    of_bank = roles_of(sheet, BANK_ROLES).keys() & {"credit", "debit", "balance_after"}
    return has_fees and not of_bank


def roles_of(sheet: sniff.Sheet, roles: tuple[str, ...]) -> dict[str, str]:
    """The column of each role: the surest of all pairs first, each column and role once."""
    pairs = sorted(
        (-fit(role, name), place, at, role, name)
        for place, role in enumerate(roles)
        for at, name in enumerate(sheet.names)
        if fit(role, name) and _can_be(role, sheet.values(name), len(sheet.rows))
    )
    found: dict[str, str] = {}
    for _, _, _, role, name in pairs:
        if role not in found and name not in found.values():
            found[role] = name
    # What no name says, the columns have to say by what they hold; all of it without a header.
    open_ = ["booking_date", "created_at", "amount"]
    if {"credit", "debit"} <= found.keys():
        open_.remove("amount")
    if sheet.header_line is None:
        open_ += ["currency", "remittance"]
    for role in open_:
        unused = [name for name in sheet.names if name not in found.values()]
        fitting = [name for name in unused if _holds(role, sheet.values(name))]
        if fitting and role in roles and role not in found:
            # What has a sign or a decimal mark is an amount rather than a number of something.
            found[role] = max(fitting, key=lambda name: role == "amount" and _marked(sheet, name))
    return found


def _holds(role: str, values: list[str]) -> bool:
    """Whether a column holds what the role wants; a footer may stand below it."""
    if role == "currency":
        return _are_currencies(values)
    if role == "remittance":
        return bool(values) and not amounts_among(values)
    dates = bool(sniff.dates_among(values))
    return dates if role in DATES else 2 * len(amounts_among(values)) > len(values) and not dates


def _marked(sheet: sniff.Sheet, name: str) -> bool:
    return any(char in ",.-(" for value in sheet.values(name) for char in value)


def _can_be(role: str, values: list[str], rows: int) -> bool:
    """Whether what the column holds does not speak against its role."""
    if role in AMOUNTS:
        # Some cells may be garbled: reading the file will name them.
        return not values or bool(amounts_among(values))
    if role in DATES:
        return bool(sniff.dates_among(values))
    if role == "account":
        return 2 * len(values) > rows
    if role == "currency":
        return _are_currencies(values)
    if role == "direction":
        words = set(map(plain, values)) | {v for v in values if v in "+-"}
        return bool(values) and words - {""} <= {*INCOMING, *OUTGOING}
    return bool(values) or not rows


def amounts_among(values: list[str]) -> list[str]:
    """The values that are amounts in one way of writing or another."""
    return [value for value in values if sniff.marks_of([value])]


def _are_currencies(values: list[str]) -> bool:
    return bool(values) and all(value.upper() in exponents() for value in values)
