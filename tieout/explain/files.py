"""Files and their lines: what a file holds and states, and the original text of records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tieout.explain.store import Row, Store
from tieout.explain.story import Amount, ControlTotal, File, Leg, Line, OtherFile, Place, Remark
from tieout.explain.words import BECAUSE, words
from tieout.provenance import OriginalMissing, original_text

LINES_MAX = 12
REMARKS_MAX = 20
# Of an item that is not matched the other side's records are shown too, so many of them.
MEMBERS_MAX = 6


def tell_file(store: Store, sha256: str) -> File:
    """One landed content, from what the edition publishes about it."""
    row, arrival = store.files[sha256], store.arrivals.get(sha256)
    rows = store.published(
        "select rows_in_use, rows_superseded from rpt_file_conservation"
        " where source_file_sha256 = $sha256",
        sha256=sha256,
    )
    superseded_by = row["superseded_by"]
    return File(
        sha256=sha256,
        origins=tuple(arrival["origins"]) if arrival else (),
        arrival_day=arrival["arrival_day"] if arrival else None,
        source=row["source"],
        format=row["format"],
        status=row["status"],
        reason=row["reason"],
        bytes=row["bytes"],
        records=row["records"],
        canonical_records=row["canonical_records"],
        quarantined_records=row["quarantined_records"],
        structural_records=row["structural_records"],
        canonical_rows=row["canonical_rows"],
        rows_in_use=rows[0]["rows_in_use"] if rows else None,
        rows_superseded=rows[0]["rows_superseded"] if rows else None,
        report_id=row["report_id"],
        report_version=row["report_version"],
        superseded_by=_other(store, superseded_by, row) if superseded_by else None,
        supersedes=tuple(
            _other(store, other["source_file_sha256"], other)
            for other in store.files.values()
            if other["superseded_by"] == sha256
        ),
        control_totals=tuple(map(_total, _about(store, "rpt_control_totals", sha256))),
        findings=tuple(
            Remark(one["source_line"], one["code"], one["message"])
            for one in _about(store, "rpt_findings", sha256)[:REMARKS_MAX]
        ),
        quarantine=tuple(
            Remark(one["source_line"], "quarantined", one["reason"], one["raw_text"])
            for one in _about(store, "rpt_quarantine", sha256)[:REMARKS_MAX]
        ),
    )


def _about(store: Store, table: str, sha256: str) -> list[Row]:
    """The rows of a table about one file; broken control totals come first."""
    rows = store.published(
        f"select * from {table} where source_file_sha256 = $sha256 order by all", sha256=sha256
    )
    return sorted(rows, key=lambda row: row.get("difference", 1) == 0)


def _other(store: Store, sha256: str, superseded: Row) -> OtherFile:
    because = superseded["superseded_because"] or ""
    arrival = store.arrivals.get(sha256)
    origin = arrival["origin"] if arrival else f"file {sha256[:12]}"
    return OtherFile(sha256, origin, BECAUSE.get(because, words(because)))


def _total(row: Row) -> ControlTotal:
    def said(value: int) -> str:
        return Amount.of(value, row["currency"]).text if row["currency"] else f"{value:,}"

    return ControlTotal(
        name=row["name"],
        scope=row["scope"],
        line=row["source_line"],
        stated=said(row["stated"]),
        computed=said(row["computed"]),
        difference=said(row["difference"]),
        holds=row["difference"] == 0,
    )


def totals_about(store: Store, scope: str) -> list[ControlTotal]:
    """What current files state of a payout or batch that they name so."""
    return [
        _total(row)
        for row in store.published(
            "select * from rpt_control_totals where scope = $scope order by all", scope=scope
        )
        if not store.files[row["source_file_sha256"]]["superseded_by"]
    ]


def broken_items(store: Store, sha256: str) -> list[str]:
    """The items of a file's records that are not matched, the broken first."""
    rows = store.published(
        "select distinct i.item_id, i.status, i.leg from fct_reconciliation_members as m"
        " join fct_reconciliation_items as i using (item_id) where m.source_file_sha256 = $sha256"
        " and i.status = 'broken' order by i.leg, i.item_id",
        sha256=sha256,
    )
    return [row["item_id"] for row in rows]


def lines_of(
    store: Store, told: Iterable[tuple[str, str, Place]], legs: Sequence[Leg]
) -> tuple[tuple[Line, ...], int]:
    """The original lines of records and of the items that are not matched, and how many are cut.

    `told` is the table, id and place of each record of the story. What an item that is not matched
    holds comes first: the question is mostly about it.
    """
    places: dict[tuple[str, int], tuple[str, str, Place]] = {}
    for leg in legs:
        if not leg.status.startswith("matched"):
            for row in _members(store, leg.item_id):
                one = (row["source_table"], row["record_id"], store.place(row))
                places.setdefault((one[2].sha256, one[2].line), one)
    for one in told:
        places.setdefault((one[2].sha256, one[2].line), one)
    shown = [_line(store, *one) for one in list(places.values())[:LINES_MAX]]
    return tuple(shown), max(0, len(places) - LINES_MAX)


def _members(store: Store, item_id: str) -> list[Row]:
    """The first records of each side of an item."""
    return store.published(
        "select * from fct_reconciliation_members where item_id = $item qualify row_number() over"
        f" (partition by side order by source_file_sha256, source_line) <= {MEMBERS_MAX}"
        " order by side, source_file_sha256, source_line",
        item=item_id,
    )


def members_of(store: Store, item_id: str) -> list[tuple[str, str, Place]]:
    """The table, id and place of the first records of each side of an item."""
    return [
        (row["source_table"], row["record_id"], store.place(row))
        for row in _members(store, item_id)
    ]


def _line(store: Store, table: str, record_id: str, place: Place) -> Line:
    try:
        text = original_text(store.landing, place.sha256, place.line)
    except OriginalMissing as missing:
        return Line(table, record_id, place, None, str(missing))
    return Line(table, record_id, place, text, None)
