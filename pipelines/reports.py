"""What the command prints: the headline of an edition, its files, rows of a query, a score."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tieout.editions import Edition
from tieout.explain.words import BECAUSE, words
from tieout.figures import Headline, rate
from tieout.money import format_minor
from tieout.score import Report

# Into a file or a pipe a line is never folded: another program may read it.
out = Console(width=None if sys.stdout.isatty() else 10_000)
err = Console(stderr=True)

_NOTES_MAX = 3
_FILE_WIDTH_MIN = 30
_TOTALS_AT = 5  # of the columns of `STATUS_SQL` after the counts
_COUNTS = ("records", "canonical", "quarantined", "structural")
_TOTALS = ("stated", "computed", "difference")

Rows = Sequence[tuple[Any, ...]]

STATUS_SQL = """
with origins as (
  select sha256, min(origin) as origin, count(distinct origin) as origins,
    count(*) as arrivals, min(received_at) as first_at, max(received_at) as last_at,
    max(arrival_day) as last_day
  from deliveries group by sha256
),
totals as (
  select source_file_sha256,
    list({'name': name, 'scope': scope, 'currency': currency, 'stated': stated,
      'computed': computed, 'difference': difference}
      order by difference = 0, scope, name, currency) as control_totals
  from rpt_control_totals group by 1
),
older as (
  select f.superseded_by as sha256, list(o.origin order by o.origin) as supersedes
  from rpt_source_files f inner join origins o on f.source_file_sha256 = o.sha256
  where f.superseded_by is not null group by 1
),
findings as (
  select source_file_sha256,
    list(coalesce('line ' || source_line || ': ', '') || message || ' (' || code || ')'
      order by source_line nulls first, code) as findings
  from rpt_findings group by 1
)
select o.origin, f.format, f.records, f.canonical_records, f.quarantined_records,
  f.structural_records, f.status, f.reason, f.superseded_by,
  f.superseded_because,
  case when f.report_id = 'full_export' and o.arrivals > 1 and o.last_at > w.first_at
    then o.last_day end as delivered_again_on,
  coalesce(t.control_totals, []) as control_totals,
  coalesce(s.supersedes, []) as supersedes,
  coalesce(n.findings, []) as findings, o.origins, f.source_file_sha256
from rpt_source_files f
left join older s on f.source_file_sha256 = s.sha256
left join origins o on f.source_file_sha256 = o.sha256
left join origins w on f.superseded_by = w.sha256
left join totals t using (source_file_sha256)
left join findings n using (source_file_sha256)
order by o.origin
"""


def print_headline(figures: Headline) -> None:
    """The key figures, one a line."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for label, value in _headline_rows(figures):
        table.add_row(label, value)
    out.print(table)


def _headline_rows(f: Headline) -> list[tuple[str, str]]:
    def money(minor: int) -> str:
        return format_minor(minor, f.reporting_currency)

    cost = f.cost_per_million_minor
    return [
        ("Records in", f"{f.records:,} from {f.files:,} files, {f.quarantined:,} quarantined"),
        (
            "Match rate",
            f"{rate(f.items_matched, f.items_in_scope, 3)} of {f.items_in_scope:,} items, "
            f"{rate(f.value_matched_minor, f.value_in_scope_minor, 3)} by value",
        ),
        ("In transit", money(f.value_in_transit_minor)),
        ("Breaks", f"{f.breaks:,} open, {money(f.breaks_minor)}"),
        ("Revenue", f"{money(f.gross_revenue_minor)} gross, {money(f.net_revenue_minor)} net"),
        ("Cost per 1M", "–" if cost is None else f"{money(cost)} per 1M of volume"),
        (
            "Success rate",
            f"{rate(f.authorised_attempts, f.valid_attempts, 3)} "
            f"of {f.valid_attempts:,} valid attempts",
        ),
    ]


def print_status(edition: Edition, rows: Rows) -> None:
    """The rows of `STATUS_SQL`: what became of every record of every file."""
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for name in (*_COUNTS[1:], *_TOTALS):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("file", overflow="fold", min_width=_FILE_WIDTH_MIN)
    for origin, format_, _records, canonical, quarantined, structural, *rest in rows:
        counts = (f"{n:,}" for n in (canonical, quarantined, structural))
        said = "".join(f"\n  {escape(note)}" for note in _notes(*rest))
        name = f"{escape(origin)} [dim]{format_ or ''}{said}[/]"
        table.add_row(*counts, *_control_total(rest[_TOTALS_AT]), name)
    out.print(table)
    records, *parts = (sum(row[column] for row in rows) for column in range(2, 6))
    sums = " + ".join(f"{n:,} {name}" for n, name in zip(parts, _COUNTS[1:], strict=True))
    out.print(
        f"Edition [bold]{edition.edition_id}[/] as of {edition.as_of}, "
        f"published {edition.published_at}: {len(rows)} files, {records:,} records = {sums}"
    )


def _notes(
    status: str,
    reason: str | None,
    superseded_by: str | None,
    superseded_because: str | None,
    delivered_again_on: str | None,
    control_totals: list[dict[str, Any]],
    supersedes: list[str],
    findings: list[str],
    *_: object,
) -> list[str]:
    notes = [f"{words(status)}: {reason}"] if reason else []
    if superseded_by:
        notes.append(f"superseded by {superseded_by[:12]}: {BECAUSE[str(superseded_because)]}")
    if delivered_again_on:
        notes.append(
            f"delivered again on {delivered_again_on}, after that one: the same bytes are the same "
            "old export. If its source is as it was then, export it anew with a time in it"
        )
    notes += [f"supersedes {origin}" for origin in supersedes]
    failed = [_failed(total) for total in control_totals if total["difference"]]
    if len(control_totals) > 1:
        holding = len(control_totals) - len(failed)
        notes.append(f"{holding} of {len(control_totals)} control totals hold")
    for lines in (failed, findings):
        notes += lines[:_NOTES_MAX]
        if len(lines) > _NOTES_MAX:
            notes.append(f"… and {len(lines) - _NOTES_MAX} more")
    return notes


def _control_total(totals: list[dict[str, Any]]) -> tuple[str, str, str]:
    """What a file states, what was computed and the difference: of its one total, or of the first
    that fails; of several that hold, how many they are."""
    if not totals:
        return "", "", ""
    first = totals[0]
    if len(totals) > 1 and not first["difference"]:
        return f"{len(totals)} totals", f"{len(totals)} hold", "0"
    stated, computed, difference = (_amount(first, name) for name in _TOTALS)
    return stated, computed, f"[red]{difference}[/]" if first["difference"] else difference


def _amount(total: dict[str, Any], name: str) -> str:
    value: int = total[name]
    return format_minor(value, total["currency"]) if total["currency"] else f"{value:,}"


def _failed(total: dict[str, Any]) -> str:
    stated, computed, difference = (_amount(total, name) for name in _TOTALS)
    return (
        f"{total['name']} of {total['scope']}: stated {stated}, computed {computed}, "
        f"difference {difference}"
    )


def print_table(columns: list[str], rows: Rows) -> None:
    """Rows for people; text is shown whole."""
    table = Table(header_style="bold")
    for name in columns:
        table.add_column(escape(name), overflow="fold")
    for row in rows:
        table.add_row(*("[dim]null[/]" if v is None else escape(str(v)) for v in row))
    out.print(table)
    out.print(f"[dim]{len(rows):,} rows[/]")


def print_json(columns: list[str], rows: Rows) -> None:
    """One JSON object a row; what JSON has no type for is text."""
    for row in rows:
        print(json.dumps(dict(zip(columns, row, strict=True)), default=str))


def print_csv(columns: list[str], rows: Rows) -> None:
    """Rows for other programs, as they are; what is a list or has parts is JSON."""
    writer = csv.writer(sys.stdout)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(
            json.dumps(v, default=str) if isinstance(v, list | dict) else v for v in row
        )


def print_error_types() -> None:
    """What the simulator can plant: how often it usually does, and what it must show as."""
    from tieout.simulator.errors import KINDS

    table = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    for name in ("error type", "usual rate", "a share of", "shows as"):
        table.add_column(name)
    for fate, kind in KINDS.items():
        shows = ", ".join(f"{leg}: {what or 'matched'}" for leg, what in kind.shows.items())
        table.add_row(fate.error_type, str(kind.usual), kind.of, shows)
    out.print(table)


def print_score(report: Report) -> None:
    """Each planted case, then recall and precision by leg and over all, by count and by money."""
    table = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    for name in ("leg", "planted case", "must be"):
        table.add_column(name)
    for name in ("planted", "found", "wrong type", "missed", "false", "money mismatched"):
        table.add_column(name, justify="right")
    for s in report.scores:
        counts = (s.planted, s.found, s.misclassified, s.missed, s.false_breaks, s.mismatched_minor)
        table.add_row(s.leg, s.error_type, s.expected, *(f"{count:,}" for count in counts))
    out.print(table)
    out.print()
    legs = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    legs.add_column("leg")
    for name in (
        "planted",
        "detected",
        "false",
        "recall",
        "precision",
        "by money: recall",
        "precision",
    ):
        legs.add_column(name, justify="right")
    total = report.total
    for leg in (*report.legs, total):
        legs.add_row(
            leg.leg,
            *(f"{count:,}" for count in (leg.planted, leg.detected, leg.false_breaks)),
            rate(leg.detected, leg.planted, 3),
            rate(leg.detected, leg.reported, 3),
            rate(leg.detected_money, leg.planted_money, 3),
            rate(leg.detected_money, leg.reported_money, 3),
            style="bold" if leg is total else "",
        )
    out.print(legs)
