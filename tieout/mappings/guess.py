"""A mapping drafted from a file: what is sure is said, what is not is said to be unsure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tieout.formats.amounts import Marks
from tieout.formats.base import Head
from tieout.mappings import sniff
from tieout.mappings.roles import (
    AMOUNTS,
    BANK_ROLES,
    DATES,
    SETTLEMENT_ROLES,
    amounts_among,
    is_settlement,
    roles_of,
)
from tieout.mappings.words import INCOMING, KINDS, OUTGOING, TOTALS, fit, plain
from tieout.money import exponents

_MANY_WORDS = 20
_TOTALS = [[word] for word in TOTALS]
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}


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
    of_processor = is_settlement(sheet)
    draft.columns = roles_of(sheet, SETTLEMENT_ROLES if of_processor else BANK_ROLES)
    table = "settlement_lines" if of_processor else "bank_lines"
    draft.say(f"# Drafted from {_quoted(head.name)}. Look at every line that is unsure, then:")
    draft.say(f"# tieout source try FILE --mapping mappings/{name}.yaml")
    draft.say(f"title: {_quoted(name)}")
    draft.say(f"table: {table}")
    draft.say(f"source: {name}", "what its records are called by")
    draft.say(f"delimiter: {_quoted(sheet.delimiter)}")
    names = ", ".join(map(_quoted, sheet.names))
    if sheet.header_line is None:
        draft.say(f"header_names: [{names}]", "the file has no header: give the columns names")
    elif sheet.repeated is not None:
        draft.say(f"header_names: [{names}]", "the header has a name twice: these take its place")
    _say_marks(draft)
    _say_dates(draft)
    draft.say("columns:")
    (_say_settlement if of_processor else _say_bank)(draft, name)
    if not of_processor:
        draft.say(
            "supersedes: true  # a later download of the same days takes the place of this one"
        )
    _say_not_records(draft)
    if "balance_after" in draft.columns:
        draft.say("control_totals:")
        draft.say(f"  running_balance: {_quoted(draft.columns['balance_after'])}")
    left = [name for name in sheet.names if name not in draft.columns.values()]
    if left:
        names = ", ".join(map(_quoted, left))
        draft.say(f"# Kept in extra, since nothing is known of them: {names}")
    return "\n".join(draft.lines) + "\n"


def _say_not_records(draft: _Draft) -> None:
    """The header, where its names are not used, and rows without a day that call themselves totals.

    In the column of days itself any word will do.
    """
    names, found = draft.sheet.names, dict[tuple[str, str], str]()
    if draft.sheet.repeated is not None:
        found[names[0], draft.sheet.repeated] = ""
    role = next((role for role in ("booking_date", "created_at") if role in draft.columns), None)
    if role and sniff.dates_among(draft.values(role)):
        day = draft.columns[role]
        for row in draft.sheet.rows:
            cells = {name: cell.strip() for name, cell in zip(names, row, strict=True)}
            if any(map(str.isdigit, cells[day])):
                continue
            said = [n for n in names if n == day or plain(cells[n]).split()[:1] in _TOTALS]
            if column := next((name for name in said if cells[name]), None):
                found[column, cells[column]] = "is it the row of a total?"
    if found:
        draft.say("not_records:")
    for (column, value), unsure in [*found.items()][:_MANY_WORDS]:
        draft.say(f"  - {{column: {_quoted(column)}, values: [{_quoted(value)}]}}", unsure)


def _say_marks(draft: _Draft) -> None:
    values = amounts_among([value for role in sorted(AMOUNTS) for value in draft.values(role)])
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
    for role in sorted(DATES & draft.columns.keys()):
        found = sniff.formats_of(sniff.dates_among(draft.values(role)))
        if found and not said.keys() & set(found):
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
    _say_column(draft, "booking_date", "a booking date")
    _say_currency(draft)
    draft.say(f"  amount_minor: {_amount(draft)}", _doubt(draft, "amount", "an amount"))
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
    if not columns.keys() & {"gross_minor", "net_minor"}:
        unused = [name for name in draft.sheet.names if name not in columns.values()]
        amounts = [name for name in unused if sniff.marks_of(draft.sheet.values(name))]
        named = [name for name in amounts if plain(name) in ("total", "amount")]
        column = [*named, *amounts, draft.sheet.names[-1]][0]
        draft.say(f"  net_minor: {_quoted(column)}", "no net amount found")
    if "markup_minor" in columns:
        column = _quoted(columns["markup_minor"])
        below = any(value.startswith(("-", "(")) for value in draft.values("markup_minor"))
        draft.say(
            f"  markup_minor: {{column: {column}, negate: true}}"
            if below
            else f"  markup_minor: {column}"
        )
    _say_column(draft, "created_at", "a time")
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
        several = len(set(draft.values("account"))) > 1
        unsure = "is it the company's own account, or that of the other side?" if several else ""
        draft.say(f"  account: {_quoted(draft.columns['account'])}", unsure)
    else:
        draft.say(
            f"  account: {{value: {_quoted(name)}}}", "the file names no account; write its number"
        )


def _say_column(draft: _Draft, role: str, what: str) -> None:
    column = draft.columns.get(role, draft.sheet.names[0])
    draft.say(f"  {role}: {_quoted(column)}", _doubt(draft, role, what))


def _doubt(draft: _Draft, role: str, what: str) -> str:
    """What makes a column unsure: it was not found by its name, or not at all."""
    if role == "amount" and _has_two_sides(draft):
        return ""
    column = draft.columns.get(role)
    return "" if column and fit(role, column) else f"no column is called like {what}"


def _say_currency(draft: _Draft) -> None:
    amounts = [draft.columns[role] for role in sorted(AMOUNTS & draft.columns.keys())]
    of_amounts = _currencies_in(amounts)
    # Beside an amount that names its currency, another one is what the payer paid in.
    if "currency" in draft.columns and not of_amounts:
        draft.say(f"  currency: {_quoted(draft.columns['currency'])}")
        return
    known = of_amounts or _currencies_in(draft.sheet.names)
    unsure = "" if len(set(known)) == 1 else "the file names no currency"
    if not known:
        cells = [cell for row in draft.sheet.rows for cell in row]
        known = [code for sign, code in _SIGNS.items() if any(sign in cell for cell in cells)]
    draft.say(f"  currency: {{value: {_quoted(known[0] if known else 'EUR')}}}", unsure)


def _currencies_in(names: list[str]) -> list[str]:
    found = [code for name in names for code in re.findall(r"\b[A-Z]{3}\b", name)]
    return [code for code in found if code in exponents()]


def _has_two_sides(draft: _Draft) -> bool:
    return "amount" not in draft.columns and {"credit", "debit"} <= draft.columns.keys()


def _amount(draft: _Draft) -> str:
    columns = draft.columns
    if _has_two_sides(draft):
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
    def among(words: tuple[str, ...], opposites: tuple[str, ...]) -> list[str]:
        found = sorted(value for value in values if (plain(value) or value) in words)
        # Where the beginning of the file has the one only, the other is written like it.
        others = [(value, opposites.index(plain(value) or value)) for value in values - {*found}]
        return found or [_written_like(value, words[at]) for value, at in others]

    yield "in", among(INCOMING, OUTGOING)
    yield "out", among(OUTGOING, INCOMING)


def _written_like(model: str, word: str) -> str:
    if model.isupper():
        return word.upper()
    return word.title() if model.istitle() else word


def _quoted(text: str) -> str:
    """A text as YAML, whatever is in it."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)
