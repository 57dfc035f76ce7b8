"""Write what a payments company's systems, processors and bank would write about some months.

A month is made from its own payments and those of the month before, whose tail settles in it.
Both are drawn by counting, so every month can be made alone, in any process, with the same bytes.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa

from tieout.simulator import adyen, bank, company, ledger, networks, stripe
from tieout.simulator import truth as truths
from tieout.simulator.amounts import with_amounts
from tieout.simulator.columnar import settlement_lines
from tieout.simulator.deliveries import Delivery, deliver
from tieout.simulator.draws import Draws, Ints
from tieout.simulator.errors import ErrorRates, Fate
from tieout.simulator.events import Events, events
from tieout.simulator.fates import befallen, plant
from tieout.simulator.incidents import INCIDENTS, Incident, volume_times
from tieout.simulator.months import Month
from tieout.simulator.payments import Attempts, attempts
from tieout.simulator.payouts import Payout, payouts
from tieout.simulator.phases import Size, size_of
from tieout.simulator.pricing import contracts
from tieout.simulator.products import products
from tieout.simulator.rates import Rates
from tieout.simulator.reports import File
from tieout.simulator.schedule import DAY, QUIET_DAYS, day_number, seconds
from tieout.simulator.settlement import Lines, lines
from tieout.simulator.summary import MonthSummary, Summary, summary_of
from tieout.simulator.truth import TRUTH

Progress = Callable[[str, int, int], None]

# Of glibc's mallopt.
_MMAP_MAX, _TRIM_THRESHOLD = -4, -1
_RATES_BEFORE = timedelta(days=7)  # a month that begins on a weekend needs the Friday before


@dataclass(frozen=True)
class _Plan:
    """Everything that decides what is written."""

    inbox: Path
    months: tuple[Month, ...]
    seed: int
    scale: Fraction
    payments_per_month: int | None
    errors: ErrorRates
    incidents: tuple[Incident, ...]
    is_columnar: bool

    @property
    def last_day(self) -> date:
        """The end of the window: what is dated later has not happened yet."""
        return self.months[-1].last_day

    @property
    def last_eligible(self) -> date:
        """The last day of which a missing record can be told from one that is late."""
        return self.last_day - timedelta(days=QUIET_DAYS)

    @property
    def chapters(self) -> tuple[Month, ...]:
        """The months that files are written for: those asked for, and the tails after them."""
        tails = {month.next for month in self.months if month < self.months[-1]}
        return tuple(sorted(tails | set(self.months)))


@dataclass(frozen=True)
class _Origin:
    """The payments of one month and all that comes of them."""

    attempts: Attempts
    fate: Ints
    happened: Events
    lines: Lines


@dataclass(frozen=True)
class _Written:
    """The files that were written: how many records of what, and the hash of each."""

    rows: Counter[str]
    sha256: dict[str, str]


@dataclass(frozen=True)
class _Chapter:
    """What writing the files of one month gives back."""

    payouts: list[Payout]
    truth: list[pa.Table]
    summary: MonthSummary | None
    written: _Written


def simulate(  # noqa: PLR0913 (the options of the command line)
    inbox: Path,
    truth: Path,
    *,
    months: Sequence[Month],
    seed: int,
    scale: Fraction = Fraction(1),
    payments_per_month: int | None = None,
    errors: ErrorRates | None = None,
    incidents: Sequence[Incident] = INCIDENTS,
    columnar: bool = False,
    processes: int = 1,
    progress: Progress | None = None,
) -> Summary:
    """Write the files of `months` below `inbox`, and what was planted in them below `truth`.

    A month is represented by at most `payments_per_month` valid attempts, or by its phase's
    sample. The same arguments give the same bytes, whatever the number of processes. A `columnar`
    company has its processors' lines as Parquet in place of their reports, and no errors of files.
    """
    if not months:
        raise ValueError("there is no month to simulate")
    if truth.resolve().is_relative_to(inbox.resolve()):
        raise ValueError(f"the truth ({truth}) must not lie in the inbox ({inbox})")
    wanted = tuple(sorted(set(months)))
    rates = errors or ErrorRates()
    plan = _Plan(inbox, wanted, seed, scale, payments_per_month, rates, tuple(incidents), columnar)
    for month in plan.months:
        _size(plan, month)  # complains before anything is written
    chapters = _write_chapters(plan, processes, progress)
    shared, of_statements = _write_shared(plan, chapters)
    written = [*(chapter.written for chapter in chapters), shared]
    planted = [table for chapter in chapters for table in chapter.truth] + of_statements
    hashes = {name: sha256 for some in written for name, sha256 in some.sha256.items()}
    summary = Summary(
        months=tuple(c.summary for c in chapters if c.summary),
        files=len(hashes),
        rows=dict(sorted(sum((some.rows for some in written), Counter[str]()).items())),
        errors=_write_truth(truth, planted, hashes),
    )
    (truth / "summary.json").write_text(json.dumps(asdict(summary), indent=2) + "\n", "utf-8")
    _origin.cache_clear()
    return summary


def _write_chapters(plan: _Plan, processes: int, progress: Progress | None) -> list[_Chapter]:
    months = plan.chapters
    written: list[_Chapter] = []

    def take(chapters: Iterable[_Chapter]) -> None:
        for month, chapter in zip(months, chapters, strict=True):
            written.append(chapter)
            if progress:
                progress(str(month), len(written), len(months))

    if processes == 1:
        take(map(_chapter, [plan] * len(months), months))
    else:
        # Started anew and not forked: a forked process can hang on a thread that Arrow had.
        context = get_context("spawn")
        with ProcessPoolExecutor(processes, context, initializer=_keep_memory) as pool:
            # Months in a row go to one process, which then draws each month only once.
            share = -(-len(months) // processes)
            take(pool.map(_chapter, [plan] * len(months), months, chunksize=share))
    return written


def _keep_memory() -> None:
    """Let a worker keep the memory it frees for the next month, where the C library can be told.

    Returned after every column and asked for again, it cost a fifth of the time.
    """
    pa.set_cpu_count(1)  # each worker is a core of its own
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_MMAP_MAX, 0)
        libc.mallopt(_TRIM_THRESHOLD, (1 << 31) - 1)


def _size(plan: _Plan, month: Month) -> Size:
    times = volume_times(plan.incidents, month)
    return size_of(month, plan.scale, plan.payments_per_month, times)


@lru_cache(maxsize=1)
def _rates(seed: int, first: date, last: date) -> Rates:
    return Rates(Draws(seed), first, last)


def _plan_rates(plan: _Plan) -> Rates:
    return _rates(plan.seed, plan.months[0].first_day - _RATES_BEFORE, plan.last_day)


@lru_cache(maxsize=2)  # a month and the one before it
def _origin(plan: _Plan, month: Month) -> _Origin:
    draws, rates = Draws(plan.seed), plan.errors
    size = _size(plan, month)
    tried = attempts(
        draws,
        month,
        size,
        plan.incidents,
        rates[Fate.SAME_AMOUNT_TWINS],
        rates[Fate.PAYMENT_UNRECORDED],
    )
    fate = plant(draws, month, tried, rates, plan.last_day)
    tried = befallen(draws, month, tried, fate)
    tried = with_amounts(draws, _plan_rates(plan), month, size, tried)
    happened = events(draws, month, tried, fate, plan.incidents)
    happened = happened.where(happened.at < seconds(plan.last_day) + DAY)
    settled = lines(draws, _plan_rates(plan), tried, happened, fate, plan.incidents)
    return _Origin(tried, fate, happened, settled)


def _chapter(plan: _Plan, month: Month) -> _Chapter:
    """Write all files that are one month's alone."""
    draws = Draws(plan.seed)
    with_tail = [m for m in (month.previous, month) if m in plan.months]
    origins = [_origin(plan, m) for m in with_tail if m]
    start, end = seconds(month.first_day), seconds(month.last_day) + DAY
    parts = []
    for origin in origins:
        at = origin.happened.at
        parts.append((origin, origin.happened.where((at >= start) & (at < end))))

    paid = _paid_in(origins, month)
    # Payouts of a tail are few: an error in each of them would be more than a rate can mean.
    rates = plan.errors if month in plan.months else ErrorRates.none()
    made = payouts(draws, paid, rates, plan.last_eligible)
    reports = [*stripe.reports(draws, paid, made), *adyen.reports(draws, paid, made)]
    delivered: list[Delivery] = []
    if not plan.is_columnar:
        delivered = list(deliver(draws, reports, rates, plan.last_eligible))
    found = [*truths.of_payouts(draws, month, made), *truths.of_deliveries(draws, month, delivered)]
    summary = None
    if month in plan.months:
        own = origins[-1]
        planted = (own.attempts, own.fate, own.lines)
        found += truths.of_payments(draws, month, *planted, plan.incidents)
        summary = summary_of(month, _size(plan, month), _plan_rates(plan), own.attempts)
    restated = dict(name for delivery in delivered for name in delivery.restated)
    found = [truths.in_files(table, restated) for table in found]
    files = _own_files(plan, month, parts, paid, made)
    if month in plan.months:
        files += _bills(plan, month, [origin.lines for origin in origins])
    if plan.is_columnar:
        table = settlement_lines(draws, reports)
        name = f"warehouse/settlement_lines-{month}.parquet"
        files.append(_export(name, company.parquet(table), len(table), month))
    files += [file for delivery in delivered for file in delivery.files]
    return _Chapter(made, found, summary, _write(plan.inbox, files))


def _bills(plan: _Plan, month: Month, settled: list[Lines]) -> Iterator[File]:
    """The bills of card networks for a month, as far as they have come by the last day."""
    suffix = "parquet" if plan.is_columnar else "csv"
    for billed_on, table in networks.bills(Draws(plan.seed), month, settled):
        if billed_on <= plan.last_day:
            name = f"company/network_bills-{month}-{billed_on:%m%d}.{suffix}"
            delivered_at = seconds(billed_on) + DAY + 2 * 3600
            yield File(name, _EXPORT[suffix](table), len(table), delivered_at)


def _paid_in(origins: list[_Origin], month: Month) -> Lines:
    """The lines that are paid out in a month."""
    every = Lines.concat([origin.lines for origin in origins])
    first, last = day_number(month.first_day), day_number(month.last_day)
    return every.take((every.paid_on >= first) & (every.paid_on <= last))


def _own_files(
    plan: _Plan,
    month: Month,
    parts: list[tuple[_Origin, Events]],
    paid: Lines,
    made: list[Payout],
) -> list[File]:
    """What the company's own systems export of a month."""
    draws = Draws(plan.seed)
    journals = ledger.payout_journals(draws, made, paid)
    for origin, happened in parts:
        journals += ledger.event_journals(draws, origin.attempts, happened, origin.fate)
    tables: dict[str, pa.Table] = {}
    if month in plan.months:
        own = parts[-1][0].attempts
        tables["payments"] = company.payments(draws, own, plan.incidents)
        tables["merchants"] = company.merchants(month, own)
        sold = products(draws, month, own)
        tables |= sold.tables
        journals += sold.journals
    tables["ledger"] = ledger.ledger_table(journals, in_order=not plan.is_columnar)
    exports = [(origin.attempts, happened) for origin, happened in parts]
    tables["refunds"] = company.refunds(draws, exports)
    tables["disputes"] = company.disputes(draws, exports)
    files = []
    for name, table in tables.items():
        suffix = "parquet" if plan.is_columnar else _SUFFIX.get(name, "parquet")
        content = _EXPORT[suffix](table)
        files.append(_export(f"company/{name}-{month}.{suffix}", content, len(table), month))
    return files


# What the company's systems write; what is not named comes as Parquet.
_SUFFIX = {
    "refunds": "csv",
    "disputes": "jsonl",
    "subscriptions": "jsonl",
    "invoices": "csv",
    "transfers": "csv",
    "advances": "csv",
}
_EXPORT: dict[str, Callable[[pa.Table], bytes]] = {
    "parquet": company.parquet,
    "csv": company.csv_export,
    "jsonl": company.jsonl_export,
}


def _export(name: str, content: bytes, rows: int, month: Month) -> File:
    """A file that comes in the night after a month."""
    return File(name, content, rows, seconds(month.last_day) + DAY + 2 * 3600)


def _write_shared(plan: _Plan, chapters: list[_Chapter]) -> tuple[_Written, list[pa.Table]]:
    """Write what needs all months: the bank's running balances, costs of a year, rates."""
    draws = Draws(plan.seed)
    summaries = [chapter.summary for chapter in chapters if chapter.summary]
    made = [payout for chapter in chapters for payout in chapter.payouts]
    volumes = {
        month: summary.volume_usd_minor
        for month, summary in zip(plan.months, summaries, strict=True)
    }
    costs = {
        month: summary.cost_minor for month, summary in zip(plan.months, summaries, strict=True)
    }
    statements = list(
        bank.statements(
            draws,
            plan.chapters,
            made,
            volumes,
            plan.errors[Fate.STATEMENT_BALANCE_WRONG],
        )
    )
    files = list(bank.files(statements))
    for month in plan.chapters:
        booked = [statement for statement in statements if statement.month == month]
        if any(statement.entries or statement.is_first for statement in booked):
            table = ledger.ledger_table(ledger.cash_journals(draws, booked))
            content = company.parquet(table)
            files.append(_export(ledger.cash_file_name(month), content, len(table), month))
    last = plan.months[-1]
    for year in sorted({month.year for month in plan.months}):
        of_year = [(month, cost) for month, cost in costs.items() if month.year == year]
        content, rows = company.costs_csv(draws, of_year)
        files.append(_export(f"company/costs-{year}.csv", content, rows, of_year[-1][0]))
    for name, table in (
        ("chart_of_accounts", ledger.chart_of_accounts()),
        ("fee_contracts", contracts()),
    ):
        content = company.csv_export(table)
        files.append(_export(f"company/{name}.csv", content, len(table), plan.months[0]))
    rates = _plan_rates(plan)
    for name, content in (
        ("ecb/eurofxref.csv", rates.csv()),
        ("company/fx_rates.csv", rates.treasury_csv()),
    ):
        files.append(_export(name, content, content.count(b"\n") - 1, last))
    return _write(plan.inbox, files), list(truths.of_statements(draws, statements))


def _write(inbox: Path, files: list[File]) -> _Written:
    """Write files below the inbox, with the moment of their delivery; an empty export is not sent.

    Counts their records by what they hold.
    """
    rows, sha256 = Counter[str](), {}
    for file in files:
        if not file.rows:
            continue
        path = inbox / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        os.utime(path, (file.delivered_at, file.delivered_at))
        own = file.name.startswith("company/")
        kind = re.split(r"[-.]", file.name)[0] if own else path.parent.name
        rows[kind] += file.rows
        sha256[file.name] = hashlib.sha256(file.content).hexdigest()
    return _Written(rows, sha256)


def _write_truth(truth: Path, planted: list[pa.Table], sha256: dict[str, str]) -> dict[str, int]:
    """Write the truth; how many cases of each type were planted."""
    table = truths.with_hashes(pa.concat_tables([TRUTH.empty_table(), *planted]), sha256)
    assert table.schema.equals(TRUTH)
    truth.mkdir(parents=True, exist_ok=True)
    (truth / "errors.parquet").write_bytes(company.parquet(table))
    cases = {(row["error_id"], row["error_type"]) for row in table.select([0, 1]).to_pylist()}
    return dict(sorted(Counter(error_type for _, error_type in cases).items()))
