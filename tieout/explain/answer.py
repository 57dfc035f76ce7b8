"""From an ID to its story, to a choice of several, or to nothing and what is spelt like it."""

from __future__ import annotations

from tieout.explain.files import (
    MEMBERS_MAX,
    broken_items,
    lines_of,
    members_of,
    tell_file,
    totals_about,
)
from tieout.explain.legs import Legs
from tieout.explain.records import Found, Teller, find_records, ids_of
from tieout.explain.search import SEARCHED, Subject, find, near
from tieout.explain.store import Store
from tieout.explain.story import (
    Amount,
    Answer,
    Choice,
    Choices,
    ControlTotal,
    Leg,
    Nothing,
    Place,
    Story,
)
from tieout.explain.words import words

CHOICES_MAX = 20


def explain(store: Store, asked: str) -> Answer:
    """Tell what goes by an ID, in the edition that `store` reads.

    Spaces around it do not count. An ID that nothing goes by is no error: the answer says what was
    searched.
    """
    # What a terminal hands over may not be text; no ID has such characters.
    asked = asked.strip().encode(errors="replace").decode()
    subjects, found_in = find(store, asked) if asked else ([], [])
    if not subjects:
        edition_id = store.edition.edition_id
        return Nothing(asked, edition_id, SEARCHED, tuple(near(store, asked)))
    if len(subjects) > 1:
        choices = tuple(_choice(store, subject) for subject in subjects[:CHOICES_MAX])
        left = len(subjects) - len(choices)
        return Choices(asked, store.edition.edition_id, tuple(found_in), choices, left)
    (subject,) = subjects
    if subject.kind == "file":
        return _file_story(store, asked, subject, found_in)
    return _record_story(store, asked, subject, found_in)


def _choice(store: Store, subject: Subject) -> Choice:
    """How one of several subjects is named alone."""
    kind, label, own = subject.kind, subject.label, subject.key[-1]
    if kind == "payout":
        items = store.published(
            "select item_id from fct_reconciliation_members where item_id is not null"
            " and processor = $processor and reference = $payout"
            " and leg in ('batch_payout', 'payout_bank') order by leg, item_id limit 1",
            processor=subject.key[0],
            payout=own,
        )
        own = items[0]["item_id"] if items else own
    elif kind == "file":
        arrival = store.arrivals.get(own)
        superseded = " (superseded)" if store.files[own]["superseded_by"] else ""
        label = f"file {arrival['origin'] if arrival else own}{superseded}"
    elif kind == "bank_line":
        (row, *_) = store.find("bank_lines", {"record_id": subject.key})
        amount = Amount.of(row["amount_minor"], row["currency"]).text
        label = f"bank line {row['account']} {row['booking_date']} {amount}"
        own = subject.key[0]
    return Choice(kind, label, own)


def _file_story(store: Store, asked: str, subject: Subject, found_in: list[str]) -> Story:
    (sha256,) = subject.key
    legs = Legs(store)
    file = tell_file(store, sha256)
    broken, left = legs.of([], broken_items(store, sha256))
    names = " = ".join(file.origins) or sha256[:12]
    return Story(
        asked=asked,
        edition_id=store.edition.edition_id,
        as_of=store.edition.as_of,
        kind="file",
        title=f"file {names}",
        found_in=tuple(found_in),
        file=file,
        standings=legs.standings("source_file_sha256 = $sha256", sha256=sha256),
        legs=tuple(broken),
        legs_left=left,
    )


def _record_story(store: Store, asked: str, subject: Subject, found_in: list[str]) -> Story:
    legs = Legs(store)
    found = find_records(store, subject, asked)
    items, left = legs.of(found.record_ids, found.item_ids)
    if subject.kind == "item":
        _tell_members(store, subject.key[0], found, asked)
        # The other legs of its records, after the item that was asked for.
        others, left = legs.of(found.record_ids, [])
        told_already = {leg.item_id for leg in items}
        items += [leg for leg in others if leg.item_id not in told_already]
    if subject.kind == "payout":
        found.notes += map(_stated, totals_about(store, subject.key[-1]))
    records = [record for group in found.groups for record in group.records]
    used = {record.record_id for record in records if record.state == "current"}
    told: list[tuple[str, str, Place]] = [
        (record.table, record.record_id, record.place)
        for record in records
        if record.state == "current" or record.record_id not in used
    ]
    lines, lines_left = lines_of(store, told, items)
    return Story(
        asked=asked,
        edition_id=store.edition.edition_id,
        as_of=store.edition.as_of,
        kind=subject.kind,
        title=_title(subject, items),
        found_in=tuple(found_in),
        groups=tuple(found.groups),
        standings=legs.standings(found.standing, **found.parameters) if found.standing else (),
        legs=tuple(items),
        legs_left=left,
        left_out=legs.left_out(found.record_ids),
        lines=lines,
        lines_left=lines_left,
        see_also=tuple(name for name in found.see_also if name != asked),
        notes=tuple(found.notes),
    )


def _tell_members(store: Store, item_id: str, found: Found, asked: str) -> None:
    """Add the records of an item, by their tables."""
    teller = Teller(store, asked)
    by_table: dict[str, list[str]] = {}
    for table, record_id, _ in members_of(store, item_id):
        by_table.setdefault(table, []).append(record_id)
    for table, ids in sorted(by_table.items()):
        rows = store.find(table, {"record_id": ids})
        found.groups += teller.group(words(table).capitalize(), table, rows)
    found.record_ids = ids_of(found.groups)
    found.notes.append(f"Of each side the first {MEMBERS_MAX} records at most are told.")


def _title(subject: Subject, items: list[Leg]) -> str:
    if subject.kind == "item" and items:
        return f"item {items[0].title}: {items[0].reference or items[0].match_key}"
    return subject.label


def _stated(total: ControlTotal) -> str:
    if total.holds:
        return f"{words(total.name)}: {total.stated}, and it holds"
    return (
        f"{words(total.name)}: stated {total.stated}, computed {total.computed}, "
        f"difference {total.difference}"
    )
