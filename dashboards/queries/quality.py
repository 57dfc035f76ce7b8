"""Files, what could not be read of them, what they state of themselves, and how fresh they are."""

from __future__ import annotations

from dashboards.context import Context
from dashboards.data import Row

_TOTALS = """
select count(*) as files, coalesce(sum(records), 0) as records,
    coalesce(sum(quarantined_records), 0) as quarantined,
    count(*) filter (where status = 'unreadable') as unreadable,
    count(*) filter (where superseded_by is not null) as superseded,
    (select count(*) from rpt_control_totals) as totals,
    (select count(*) from rpt_control_totals t join rpt_source_files f using (source_file_sha256)
        where t.difference <> 0 and f.superseded_by is null) as totals_failed
from rpt_source_files
"""

_SOURCES = """
with arrivals as (
    select sha256, max(arrival_day) as arrival_day, min(origin) as origin
    from deliveries group by 1
)
select f.source, min(f.format) as format, count(*) as files, sum(f.records) as records,
    sum(f.quarantined_records) as quarantined, max(a.arrival_day) as last_arrival
from rpt_source_files f left join arrivals a on f.source_file_sha256 = a.sha256
group by 1 order by last_arrival nulls first, 1
"""

_FILES = """
with origins as (select sha256, min(origin) as origin from deliveries group by 1),
notes as (select source_file_sha256, count(*) as findings,
    min(message) as finding from rpt_findings group by 1),
totals as (select source_file_sha256, count(*) filter (where difference <> 0) as failed,
    min(name || ' of ' || scope || ': stated ' || stated || ', computed ' || computed)
        filter (where difference <> 0) as failure
    from rpt_control_totals group by 1)
select coalesce(o.origin, f.source_file_sha256[:12]) as origin, f.format, f.status, f.reason,
    f.records, f.canonical_records, f.quarantined_records, f.structural_records,
    f.superseded_by, f.superseded_because,
    coalesce(n.findings, 0) as findings, n.finding, coalesce(t.failed, 0) as totals_failed,
    t.failure
from rpt_source_files f
left join origins o on f.source_file_sha256 = o.sha256
left join notes n using (source_file_sha256)
left join totals t using (source_file_sha256)
where not $only_noted or f.status = 'unreadable' or f.quarantined_records > 0
    or n.findings > 0 or t.failed > 0
order by f.status = 'unreadable' desc, t.failed > 0 desc, f.quarantined_records desc, origin
limit $limit offset $offset
"""

_FILE_COUNT = """
select count(*) as files from rpt_source_files f
where not $only_noted or f.status = 'unreadable' or f.quarantined_records > 0
    or f.source_file_sha256 in (select source_file_sha256 from rpt_findings)
    or f.source_file_sha256 in
        (select source_file_sha256 from rpt_control_totals where difference <> 0)
"""

_QUARANTINE = """
with origins as (select sha256, min(origin) as origin from deliveries group by 1)
select coalesce(o.origin, q.source_file_sha256[:12]) as origin, q.source_line, q.reason, q.raw_text
from rpt_quarantine q left join origins o on q.source_file_sha256 = o.sha256
order by origin, q.source_line limit $limit offset $offset
"""


def totals(context: Context) -> Row:
    """How many files and records there are, and how many are not as they should be."""
    return context.rows(_TOTALS)[0]


def sources(context: Context) -> list[Row]:
    """Each source with its files and its last arrival, the oldest first."""
    return context.rows(_SOURCES)


def files(context: Context, *, only_noted: bool, limit: int, offset: int = 0) -> list[Row]:
    """Files with what became of their records, those that need a look first."""
    # A flag is a whole number here, since parameters of a query are texts, numbers and days.
    return context.rows(_FILES, only_noted=int(only_noted), limit=limit, offset=offset)


def file_count(context: Context, *, only_noted: bool) -> int:
    """How many of them there are."""
    return int(context.rows(_FILE_COUNT, only_noted=int(only_noted))[0]["files"])


def quarantine(context: Context, *, limit: int, offset: int = 0) -> list[Row]:
    """Records that could not be read, with file, line, reason and text."""
    return context.rows(_QUARANTINE, limit=limit, offset=offset)
