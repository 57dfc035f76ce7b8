"""What `tieout explain` prints: the story of one record or file, in one screen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.reports import out
from tieout.explain import Choices, Nothing, Story
from tieout.explain.story import (
    Amount,
    Answer,
    File,
    Group,
    LeftOut,
    Leg,
    Line,
    Record,
    Side,
    Standing,
)
from tieout.explain.words import noun, nouns, plural, words

_RECORDS_MAX = 10
_TOTALS_MAX = 12
_NOTES_MAX = 5
_TEXT_MAX = 1_000
_MARKS = {
    "matched": "[green]✓[/]",
    "matched_within_tolerance": "[green]✓[/]",
    "in_transit": "[yellow]…[/]",
    "broken": "[red]✗[/]",
}
# What tells a record from its neighbours; the rest is in --json.
_IDS = {
    "payments": ("attempt_id", "processor_reference"),
    "refunds": ("refund_id", "processor_reference"),
    "disputes": ("dispute_event_id", "processor_reference"),
    "ledger_entries": ("entry_id",),
    "settlement_lines": ("line_id", "processor_reference", "payout_id"),
    "bank_lines": ("bank_reference", "end_to_end_id"),
}
_AMOUNTS = {
    "payments": ("amount", "captured"),
    "settlement_lines": ("gross", "net"),
}
_FEES = ("interchange", "scheme_fee", "markup", "fixed_fee", "tax")
_DATES = ("captured_at", "created_at", "effective_at", "booking_date", "available_on")
_DETAILS = ("account", "processor", "method", "card_brand", "decline_code", "remittance", "fx_rate")


def print_answer(answer: Answer) -> None:
    """A story, a choice of several, or nothing and what is spelt like it."""
    if isinstance(answer, Story):
        _print_story(answer)
    elif isinstance(answer, Choices):
        _print_choices(answer)
    else:
        _print_nothing(answer)


def _print_story(story: Story) -> None:
    """Everything that is known of one subject, from what it is to the lines it was read from."""
    _say(f"[bold]{escape(_capital(story.title))}[/]")
    _print_dim(
        f"edition {story.edition_id} as of {story.as_of} · found in {', '.join(story.found_in)}"
    )
    if story.file:
        _print_file(story.file)
    for group in story.groups:
        _print_group(group)
    for note in story.notes:
        _say(f"  {escape(_capital(note))}")
    _print_standings(story.standings)
    _print_legs(story)
    _print_lines(story.lines, story.lines_left)
    if story.see_also:
        _print_dim(f"See also: {', '.join(story.see_also[:_TOTALS_MAX])}")


def _print_choices(choices: Choices) -> None:
    """The things that go by one ID, and how to ask for one of them."""
    _say(f"[bold]{escape(choices.asked)}[/] is {choices.count} things; ask for one:")
    _print_dim(f"found in {', '.join(choices.found_in)}")
    for choice in choices.choices:
        _say(f"  tieout explain {escape(choice.id)}  [dim]{escape(choice.label)}[/]")
    if choices.choices_left:
        _print_dim(f"  … and {choices.choices_left} more")


def _print_nothing(nothing: Nothing) -> None:
    """What was searched in vain, and what is spelt nearly like it."""
    _say(f"Nothing goes by [bold]{escape(nothing.asked)}[/] in edition {nothing.edition_id}.")
    _say("Searched:")
    for what in nothing.searched:
        _say(f"  {what}")
    if nothing.near:
        _say(f"Did you mean: {escape(', '.join(nothing.near))}")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _print_dim(text: str) -> None:
    _say(f"[dim]{escape(text)}[/]")


def _say(markup: str, end: str = "\n") -> None:
    """Print a line with its styles; a name such as cash:bank:EUR is no emoji."""
    out.print(Text.from_markup(markup, emoji=False), end=end)


def _grid() -> Table:
    return Table(show_header=False, box=None, padding=(0, 2, 0, 0))


def _print_group(group: Group) -> None:
    note = f" · {group.note}" if group.note else ""
    _say(f"\n[bold]{escape(group.title)}[/] [dim]({group.count:,}{escape(note)})[/]")
    table = _grid()
    for record in group.records[:_RECORDS_MAX]:
        table.add_row(*map(Text, _record(record)))
    for total in group.totals[:_TOTALS_MAX]:
        table.add_row(Text(words(total.name)), f"{total.records:,}", total.amount.text)
    if table.row_count:
        out.print(Padding(table, (0, 0, 0, 2), expand=False))
    more = max(group.count - _RECORDS_MAX if group.records else 0, len(group.totals) - _TOTALS_MAX)
    if more > 0:
        _print_dim(f"  … and {more:,} more (--json tells all)")


def _record(record: Record) -> Iterator[str]:
    """The cells of a record: what it is, its amounts, its days, its names."""
    mark = "▸ " if record.is_asked else "  "
    state = "" if record.state == "current" else f" ({record.state})"
    yield f"{mark}{words(record.status or noun(record.table))}{state}"
    yield _amounts(record)
    days = [record.dates[name] for name in _DATES if name in record.dates]
    yield days[0] if days else next(iter(record.dates.values()), "")
    names = [record.ids[n] for n in _IDS.get(record.table, tuple(record.ids)) if n in record.ids]
    yield " ".join(dict.fromkeys(names))
    yield " ".join(dict.fromkeys(record.details[n] for n in _DETAILS if n in record.details))


def _amounts(record: Record) -> str:
    """The amounts that matter, each once; the fees of a line in one sum."""
    names = _AMOUNTS.get(record.table, ("amount",))
    shown = [(name, record.amounts[name]) for name in names if name in record.amounts]
    shown = shown or list(record.amounts.items())
    if len({amount.minor for _, amount in shown}) == 1:
        said = shown[0][1].text
    else:
        said = " ".join(f"{name} {amount.text}" for name, amount in shown)
    fees = [record.amounts[name] for name in _FEES if name in record.amounts]
    fee = sum(amount.minor for amount in fees)
    if fee and record.table == "settlement_lines":
        said += f" fees {Amount.of(fee, fees[0].currency).text}"
    seen = record.amounts.get("presentment")
    if seen and seen.currency != shown[0][1].currency:
        said += f" seen as {seen.text}"
    return said


def _print_legs(story: Story) -> None:
    if story.legs or story.left_out:
        _say("\n[bold]Legs[/]")
    for leg in story.legs:
        if story.file:  # the others of its file, each of them a story of its own
            _print_briefly(leg)
        else:
            _print_leg(leg)
    if story.legs_left:
        _print_dim(f"  … and {story.legs_left:,} more")
    for left_out in story.left_out:
        _say(f"  – {_left_out(left_out)}")


def _print_briefly(leg: Leg) -> None:
    what = words(leg.break_type or leg.status)
    said = f"{leg.title}, {leg.reference or leg.match_key}: {what}, {leg.sentence}"
    _say(f"  {_MARKS.get(leg.status, '·')} {escape(said)} [dim]item {leg.item_id}[/]")


def _print_leg(leg: Leg) -> None:
    status = words(leg.break_type or leg.status)
    status = f"broken: {status}" if leg.break_type else status
    passed = f", {words(leg.match_pass)}" if leg.match_pass else ""
    mark = _MARKS.get(leg.status, "·")
    _say(f"  {mark} [bold]{escape(leg.title)}[/] {status}{passed}: {escape(leg.sentence)}")
    if leg.status.startswith("matched") and not leg.is_ambiguous:
        _print_dim(
            f"      {_side(leg.left)} = {_side(leg.right)} · {leg.match_key} · item {leg.item_id}"
        )
        return
    off = f" · difference {leg.difference.text}" if leg.difference else ""
    _say(f"      {escape(f'{_capital(leg.meaning)} · {_side(leg.left)}')}", end="")
    _say(f" · {escape(_side(leg.right))}{off}")
    due = f", due by {leg.deadline}" if leg.deadline else ""
    days = f"of {leg.business_date}, {plural(leg.age_days, 'day')} old on {leg.as_of}{due}"
    _print_dim(f"      {days} · rule: {leg.rule or 'not published in this edition'}")
    _print_dim(f"      compared by {leg.compared}: {leg.match_key} · item {leg.item_id}")
    if leg.is_ambiguous:
        among = plural(leg.candidate_count or 0, "candidate")
        _say(f"      ambiguous among {among}; shown, not guessed:")
    for one in leg.candidates:
        named = f"{one.business_date} {one.amount.text} {one.reference or ''} item {one.item_id}"
        _say(f"        {escape(named)}")


def _side(side: Side) -> str:
    amounts = " and ".join(amount.text for amount in side.amounts) or "nothing"
    return f"{side.name} {amounts} ({side.records:,})"


def _left_out(one: LeftOut) -> str:
    return escape(f"{one.title}: {nouns(one.records, one.source_table)} left out, {one.meaning}")


def _print_standings(standings: Iterable[Standing]) -> None:
    by_leg: dict[str, list[Standing]] = {}
    for standing in standings:
        by_leg.setdefault(standing.title, []).append(standing)
    if not by_leg:
        return
    _say("\n[bold]Its lines on each leg[/]")
    table = _grid()
    for title, own in by_leg.items():
        counts = ", ".join(f"{one.lines:,} {words(one.status)}" for one in own)
        table.add_row(Text(title), counts)
    out.print(Padding(table, (0, 0, 0, 2), expand=False))


def _print_lines(lines: Iterable[Line], left: int) -> None:
    by_file: dict[str, list[Line]] = {}
    for line in lines:
        by_file.setdefault(line.place.sha256, []).append(line)
    if by_file:
        _say("\n[bold]Received as[/]")
    for own in by_file.values():
        place = own[0].place
        day = f"arrived {place.arrival_day}, " if place.arrival_day else ""
        _say(f"  {escape(place.origin)} [dim]{day}sha256 {place.sha256[:12]}[/]")
        for line in own:
            unit = "row" if place.origin.endswith(".parquet") else "line"
            said = line.missing if line.text is None else _one_line(line.text)
            _say(f"    {unit} {line.place.line}: {escape(str(said))}")
    if left:
        _print_dim(f"  … and {left:,} more")


def _one_line(text: str) -> str:
    """The text without its line breaks; a row of a Parquet file without what it leaves empty."""
    if text.startswith("{\n"):
        try:
            row = json.loads(text)
        except ValueError:  # cut, since it is too long
            pass
        else:
            text = " ".join(f"{name}={value}" for name, value in row.items() if value is not None)
    text = " ⏎ ".join(line.strip() for line in text.splitlines())
    return text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]}…"


def _print_file(file: File) -> None:
    table = _grid()
    for label, value in _file_rows(file):
        table.add_row(label, Text(value))
    out.print(table)
    holding = sum(total.holds for total in file.control_totals)
    if file.control_totals:
        _say(f"{holding} of {len(file.control_totals)} control totals hold")
    totals = [
        f"{words(one.name)} of {one.scope}: stated {one.stated}, computed {one.computed}, "
        f"difference {one.difference}"
        for one in file.control_totals
    ]
    _print_some(totals)
    notes = [f"{_at(one.line)}{one.message} ({one.code})" for one in file.findings]
    notes += [f"{_at(one.line)}{one.message}: {one.text}" for one in file.quarantine]
    _print_some(notes)


def _print_some(notes: Sequence[str]) -> None:
    """The first notes, one a line; of control totals those that do not hold come first."""
    for note in notes[:_NOTES_MAX]:
        _say(f"  {escape(note)}")
    if len(notes) > _NOTES_MAX:
        _print_dim(f"  … and {len(notes) - _NOTES_MAX} more (--json tells all)")


def _at(line: int | None) -> str:
    return f"line {line}: " if line is not None else ""


def _file_rows(file: File) -> Iterator[tuple[str, str]]:
    report = f", report {file.report_id}" if file.report_id else ""
    version = f" version {file.report_version}" if file.report_version else ""
    if file.format:
        yield "format", f"{file.format} from {file.source}{report}{version}"
    yield "content", f"{file.bytes:,} bytes, arrived {file.arrival_day}, sha256 {file.sha256}"
    yield "status", words(file.status) + (f": {file.reason}" if file.reason else "")
    yield (
        "records",
        f"{file.records:,} = {file.canonical_records:,} canonical + "
        f"{file.quarantined_records:,} quarantined + {file.structural_records:,} structural",
    )
    if file.rows_in_use is not None:
        yield "rows", f"{file.rows_in_use:,} in use, {file.rows_superseded or 0:,} superseded"
    if other := file.superseded_by:
        yield "superseded", f"by {other.origin} ({other.sha256[:12]}): {other.because}"
    for other in file.supersedes:
        # The reason is told of the later file.
        yield "supersedes", f"{other.origin} ({other.sha256[:12]}): {other.because}"
