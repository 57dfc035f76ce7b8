"""A mapping drafted from a file: what is sure is said, what is not is said to be unsure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tieout.formats.amounts import Marks
from tieout.formats.base import Head
from tieout.mappings import sniff
from tieout.mappings.words import INCOMING, KINDS, OUTGOING, fit, plain
from tieout.money import exponents

_BANK_ROLES = (
    "booking_date", "value_date", "credit", "debit", "amount", "direction", "currency",
    "balance_after", "account", "end_to_end_id", "bank_reference", "counterparty", "remittance",
)  # fmt: skip
_SETTLEMENT_ROLES = (
    "line_id", "line_kind", "gross_minor", "markup_minor", "net_minor", "currency", "created_at",
    "payout_id", "payment_reference", "merchant_reference",
)  # fmt: skip
_AMOUNTS = {
    "credit",
    "debit",
    "amount",
    "balance_after",
    "gross_minor",
    "markup_minor",
    "net_minor",
}
_DATES = {"booking_date", "value_date", "created_at"}
_MANY_WORDS = 20


@dataclass
class _Draft:
    """The lines of a mapping in the making."""

    sheet: sniff.Sheet
    columns: dict[str, str] = field(default_factory=dict)
    """Which column of the file has which role."""
    lines: list[str] = field(default_factory=list)

    def say(self, text: str, unsure: str = "") -> None:
        self.lines.append(f"{text}  # unsure: {unsure}" if unsure else text)

    def values(self, role: str) -> list[str]:
        return self.sheet.values(self.columns[role]) if role in self.columns else []


def guess(head: Head, name: str) -> str:
    """The text of a mapping for a file that begins so; `name` is what to call it.

    Raises `UnreadableFile` where the file is no delimited text.
    """
    sheet = sniff.sheet(head)
    draft = _Draft(sheet)
    is_settlement = _roles(sheet, _SETTLEMENT_ROLES).keys() >= {"gross_minor", "net_minor"} or (
        _roles(sheet, _SETTLEMENT_ROLES).keys() >= {"markup_minor"}
    )
    draft.columns = _roles(sheet, _SETTLEMENT_ROLES if is_settlement else _BANK_ROLES)
    table = "settlement_lines" if is_settlement else "bank_lines"
    draft.say(f"# Drafted from {_quoted(head.name)}. Look at every line that is unsure, then:")
    draft.say(f"# tieout source try FILE --mapping mappings/{name}.yaml")
    draft.say(f"title: {_quoted(name)}")
    draft.say(f"table: {table}")
    draft.say(f"source: {name}", "what its records are called by")
    draft.say(f"delimiter: {_quoted(sheet.delimiter)}")
    if sheet.header_line is None:
        names = ", ".join(map(_quoted, sheet.names))
        draft.say(f"header_names: [{names}]", "the file has no header: give the columns names")
    _say_marks(draft)
    _say_dates(draft)
    draft.say("columns:")
    (_say_settlement if is_settlement else _say_bank)(draft, name)
    if not is_settlement:
        draft.say(
            "supersedes: true  # a later download of the same days takes the place of this one"
        )
    if "balance_after" in draft.columns:
        draft.say("control_totals:")
        draft.say(f"  running_balance: {_quoted(draft.columns['balance_after'])}")
    left = [name for name in sheet.names if name not in draft.columns.values()]
    if left:
        names = ", ".join(map(_quoted, left))
        draft.say(f"# Kept in extra, since nothing is known of them: {names}")
    return "\n".join(draft.lines) + "\n"


def _roles(sheet: sniff.Sheet, roles: tuple[str, ...]) -> dict[str, str]:
    """The column of each role: the surest of all pairs first, each column and role once."""
    pairs = sorted(
        (-fit(role, name), place, at, role, name)
        for place, role in enumerate(roles)
        for at, name in enumerate(sheet.names)
        if fit(role, name) and _can_be(role, sheet.values(name))
    )
    found: dict[str, str] = {}
    for _, _, _, role, name in pairs:
        if role not in found and name not in found.values():
            found[role] = name
    if "amount" not in found and sheet.header_line is None:
        found |= _by_content(sheet)
    return found


def _by_content(sheet: sniff.Sheet) -> dict[str, str]:
    """Of a file without a header: the first column of days, of amounts and of words."""
    found: dict[str, str] = {}
    for name in sheet.names:
        values = sheet.values(name)
        if sniff.formats_of(values):
            found.setdefault("booking_date", name)
        elif sniff.marks_of(values):
            found.setdefault("amount", name)
        elif _are_currencies(values):
            found.setdefault("currency", name)
        else:
            found.setdefault("remittance", name)
    return found


def _can_be(role: str, values: list[str]) -> bool:
    """Whether what the column holds does not speak against its role."""
    if role in _AMOUNTS:
        # Some cells may be garbled: reading the file will name them.
        return not values or bool(_amounts(values))
    if role in _DATES:
        return bool(sniff.formats_of(values))
    if role == "currency":
        return _are_currencies(values)
    if role == "direction":
        words = set(map(plain, values)) | {v for v in values if v in "+-"}
        return bool(values) and words - {""} <= {*INCOMING, *OUTGOING}
    return True


def _amounts(values: list[str]) -> list[str]:
    """The values that are amounts in one way of writing or another."""
    return [value for value in values if sniff.marks_of([value])]


def _are_currencies(values: list[str]) -> bool:
    return bool(values) and all(value.upper() in exponents() for value in values)


def _say_marks(draft: _Draft) -> None:
    values = _amounts([value for role in sorted(_AMOUNTS) for value in draft.values(role)])
    found = sniff.marks_of(values) or [Marks()]
    marks = found[0]
    unsure = ""
    if len(found) != 1:
        unsure = "the amounts do not show whether their decimal mark is a comma or a full stop"
    draft.say(f"decimal_mark: {_quoted(marks.decimal)}", unsure)
    draft.say(f"thousands_mark: {_quoted(marks.thousands)}")
    if marks.signs:
        draft.say(f"currency_signs: [{', '.join(map(_quoted, marks.signs))}]")


def _say_dates(draft: _Draft) -> None:
    said: dict[str, str] = {}
    for role in sorted(_DATES & draft.columns.keys()):
        found = sniff.formats_of(draft.values(role))
        if not said.keys() & set(found):
            others = ", ".join(found[1:])
            said[found[0]] = f"these days can be read as {others} too" if others else ""
    unsure = "; ".join(filter(None, said.values()))
    formats = ", ".join(map(_quoted, said)) or _quoted("%Y-%m-%d")
    draft.say(f"date_formats: [{formats}]", unsure)
    if any("%H" in format_ and "%z" not in format_ for format_ in said):
        draft.say("time_zone: UTC", "in which zone are the times? such as Europe/Berlin")


def _say_bank(draft: _Draft, name: str) -> None:
    columns = draft.columns
    _say_account(draft, name)
    _say_column(draft, "booking_date", "no column is called like a booking date")
    _say_currency(draft)
    draft.say(f"  amount_minor: {_amount(draft)}", "" if _has_amount(draft) else "no amount found")
    for role in ("value_date", "bank_reference", "end_to_end_id", "counterparty", "remittance"):
        if role in columns:
            draft.say(f"  {role}: {_quoted(columns[role])}")
    references = draft.values("bank_reference")
    if references and len(set(references)) == len(draft.sheet.rows):
        draft.say(
            f"  # entry_id: {_quoted(columns['bank_reference'])}",
            "if no two entries ever share a reference, downloads that overlap count once",
        )


def _say_settlement(draft: _Draft, name: str) -> None:
    columns = draft.columns
    _say_kinds(draft)
    _say_currency(draft)
    for role in ("gross_minor", "net_minor"):
        if role in columns:
            draft.say(f"  {role}: {_quoted(columns[role])}")
    if "markup_minor" in columns:
        column = _quoted(columns["markup_minor"])
        below = any(value.startswith(("-", "(")) for value in draft.values("markup_minor"))
        draft.say(
            f"  markup_minor: {{column: {column}, negate: true}}"
            if below
            else f"  markup_minor: {column}"
        )
    _say_column(draft, "created_at", "no column is called like a time")
    for role in ("line_id", "payout_id", "payment_reference", "merchant_reference"):
        if role in columns:
            draft.say(f"  {role}: {_quoted(columns[role])}")


def _say_kinds(draft: _Draft) -> None:
    if "line_kind" not in draft.columns:
        draft.say('  line_kind: {value: "adjustment"}', "no column says what a line is")
        return
    column = draft.columns["line_kind"]
    draft.say(f"  raw_kind: {_quoted(column)}")
    draft.say("  line_kind:")
    draft.say(f"    column: {_quoted(column)}")
    draft.say("    words:")
    for value in sorted(set(draft.values("line_kind")))[:_MANY_WORDS]:
        kinds = [kind for kind, names in KINDS.items() if plain(value) in names]
        kind = kinds[0] if kinds else "adjustment"
        draft.say(f"      {_quoted(value)}: {kind}", "" if kinds else "what is it?")


def _say_account(draft: _Draft, name: str) -> None:
    if "account" in draft.columns:
        draft.say(f"  account: {_quoted(draft.columns['account'])}")
    else:
        draft.say(
            f"  account: {{value: {_quoted(name)}}}", "the file names no account; write its number"
        )


def _say_column(draft: _Draft, role: str, otherwise: str) -> None:
    if role in draft.columns:
        draft.say(f"  {role}: {_quoted(draft.columns[role])}")
    else:
        draft.say(f"  {role}: {_quoted(draft.sheet.names[0])}", otherwise)


def _say_currency(draft: _Draft) -> None:
    if "currency" in draft.columns:
        draft.say(f"  currency: {_quoted(draft.columns['currency'])}")
        return
    named = [code for name in draft.sheet.names for code in re.findall(r"\b[A-Z]{3}\b", name)]
    known = [code for code in named if code in exponents()]
    unsure = "" if len(set(known)) == 1 else "the file names no currency"
    draft.say(f"  currency: {{value: {_quoted(known[0] if known else 'EUR')}}}", unsure)


def _has_amount(draft: _Draft) -> bool:
    return "amount" in draft.columns or {"credit", "debit"} <= draft.columns.keys()


def _amount(draft: _Draft) -> str:
    columns = draft.columns
    if "amount" not in columns and {"credit", "debit"} <= columns.keys():
        below = any(value.startswith(("-", "(", "\u2212")) for value in draft.values("debit"))
        sign = ", debit_sign: minus" if below else ""
        return f"{{credit: {_quoted(columns['credit'])}, debit: {_quoted(columns['debit'])}{sign}}}"
    unused = [name for name in draft.sheet.names if name not in columns.values()]
    column = _quoted(columns.get("amount") or [*unused, draft.sheet.names[-1]][0])
    is_signed = any("-" in value or value.startswith("(") for value in draft.values("amount"))
    if "direction" in columns and not is_signed:
        words = dict(_directions(set(draft.values("direction"))))
        lists = ", ".join(
            f"{way}: [{', '.join(map(_quoted, said))}]" for way, said in words.items()
        )
        return (
            f"{{column: {column}, direction: {{column: {_quoted(columns['direction'])}, {lists}}}}}"
        )
    return column


def _directions(values: set[str]) -> Iterator[tuple[str, list[str]]]:
    def among(value: str, words: tuple[str, ...]) -> bool:
        return (plain(value) or value) in words

    incoming = sorted(value for value in values if among(value, INCOMING))
    outgoing = sorted(value for value in values if among(value, OUTGOING))
    yield "in", incoming or ["C"]
    yield "out", outgoing or ["D"]


def _quoted(text: str) -> str:
    """A text as YAML, whatever is in it."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)
