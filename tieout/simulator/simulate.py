"""Write what a payments company's systems, processors and bank would write about some months.

A month is made from its own payments and those of the month before, whose tail settles in it.
Both are drawn by counting, so every month can be made alone, in any process, with the same bytes.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa

from tieout.simulator import adyen, bank, company, decoys, ledger, stripe, text
from tieout.simulator import truth as truths
from tieout.simulator.amounts import with_amounts
from tieout.simulator.draws import Draws, Ints
from tieout.simulator.errors import TRUTH, ErrorRates, plant
from tieout.simulator.events import Events, events
from tieout.simulator.incidents import INCIDENTS, Incident, volume_times
from tieout.simulator.months import Month
from tieout.simulator.payments import Attempts, attempts
from tieout.simulator.payouts import Payout, payouts
from tieout.simulator.phases import Size, size_of
from tieout.simulator.rates import Rates
from tieout.simulator.schedule import DAY, QUIET_DAYS, day_number, seconds
from tieout.simulator.settlement import Lines, lines
from tieout.simulator.summary import MonthSummary, Summary, summary_of

Progress = Callable[[str, int, int], None]

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

    @property
    def last_day(self) -> date:
        """The end of the window: what is dated later has not happened yet."""
        return self.months[-1].last_day

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
class _Chapter:
    """What writing the files of one month gives back."""

    payouts: list[Payout]
    truth: pa.Table
    summary: MonthSummary | None
    files: int
    rows: Counter[str]


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
    processes: int = 1,
    progress: Progress | None = None,
) -> Summary:
    """Write the files of `months` below `inbox`, and what was planted in them below `truth`.

    A month is represented by at most `payments_per_month` valid attempts, or by its phase's
    sample. The same arguments give the same bytes, whatever the number of processes.
    """
    if not months:
        raise ValueError("there is no month to simulate")
    if truth.resolve().is_relative_to(inbox.resolve()):
        raise ValueError(f"the truth ({truth}) must not lie in the inbox ({inbox})")
    wanted = tuple(sorted(set(months)))
    rates = errors or ErrorRates()
    plan = _Plan(inbox, wanted, seed, scale, payments_per_month, rates, tuple(incidents))
    for month in plan.months:
        _size(plan, month)  # complains before anything is written
    chapters = _write_chapters(plan, processes, progress)
    files, rows = _write_shared(plan, chapters)
    summary = Summary(
        months=tuple(c.summary for c in chapters if c.summary),
        files=files + sum(chapter.files for chapter in chapters),
        rows=dict(sorted(sum((chapter.rows for chapter in chapters), rows).items())),
        errors=_write_truth(truth, chapters),
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
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            # Months in a row go to one process, which then draws each month only once.
            share = -(-len(months) // processes)
            take(pool.map(_chapter, [plan] * len(months), months, chunksize=share))
    return written


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
    draws = Draws(plan.seed)
    size = _size(plan, month)
    tried = attempts(draws, month, size, plan.incidents, plan.errors.same_amount_twins)
    tried = with_amounts(draws, _plan_rates(plan), month, size, tried)
    fate = plant(draws, tried, plan.errors, plan.last_day)
    happened = events(draws, month, tried, fate, plan.incidents)
    happened = happened.where(happened.at < seconds(plan.last_day) + DAY)
    settled = lines(draws, tried, happened, fate, plan.incidents)
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
    made = payouts(draws, paid, rates, plan.last_day - timedelta(days=QUIET_DAYS))
    again = decoys.sent_again(draws, made, rates.file_redelivered)
    found = [truths.of_payouts(draws, month, made, again)]
    summary = None
    if month in plan.months:
        own = origins[-1]
        planted = (own.attempts, own.fate, own.lines)
        found.append(truths.of_payments(draws, month, *planted, plan.incidents))
        summary = summary_of(month, _size(plan, month), _plan_rates(plan), own.attempts)
    files, rows = _write_month(plan, month, parts, paid, made, again)
    return _Chapter(made, pa.concat_tables(found), summary, files, rows)


def _paid_in(origins: list[_Origin], month: Month) -> Lines:
    """The lines that are paid out in a month."""
    every = Lines.concat([origin.lines for origin in origins])
    first, last = day_number(month.first_day), day_number(month.last_day)
    return every.take((every.paid_on >= first) & (every.paid_on <= last))


def _write_month(
    plan: _Plan,
    month: Month,
    parts: list[tuple[_Origin, Events]],
    paid: Lines,
    made: list[Payout],
    again: list[Payout],
) -> tuple[int, Counter[str]]:
    draws = Draws(plan.seed)
    files: list[tuple[str, bytes, int]] = []
    if month in plan.months:
        payments = company.payments_table(draws, parts[-1][0].attempts, plan.incidents)
        name = f"company/payments-{month}.parquet"
        files.append((name, company.parquet(payments), len(payments)))
    journals = ledger.payout_journals(draws, made)
    for origin, happened in parts:
        journals += ledger.event_journals(draws, origin.attempts, happened, origin.fate)
    entries = ledger.ledger_table(journals)
    files.append((ledger.file_name(month), company.parquet(entries), len(entries)))
    exports = [(origin.attempts, happened) for origin, happened in parts]
    refunds, disputes = (
        company.refunds_csv(draws, exports),
        company.disputes_jsonl(draws, exports),
    )
    files.append((f"company/refunds-{month}.csv", *refunds))
    files.append((f"company/disputes-{month}.jsonl", *disputes))
    files += stripe.reports(draws, paid, made)
    files += adyen.reports(draws, paid, made)
    twice = {decoys.report_of(payout) for payout in again}
    files += [(decoys.second_name(name), data, n) for name, data, n in files if name in twice]
    return _write(plan.inbox, files)


def _write_shared(plan: _Plan, chapters: list[_Chapter]) -> tuple[int, Counter[str]]:
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
    files = list(bank.files(list(bank.statements(draws, plan.chapters, made, volumes))))
    for year in sorted({month.year for month in plan.months}):
        of_year = [(month, cost) for month, cost in costs.items() if month.year == year]
        files.append((f"company/costs-{year}.csv", *company.costs_csv(draws, of_year)))
    chart = ledger.chart_of_accounts()
    files.append(("company/chart_of_accounts.csv", text.csv(chart), len(chart["account"])))
    rates = _plan_rates(plan).csv()
    files.append(("ecb/eurofxref.csv", rates, rates.count(b"\n") - 1))
    return _write(plan.inbox, files)


def _write(inbox: Path, files: list[tuple[str, bytes, int]]) -> tuple[int, Counter[str]]:
    """Write files below the inbox; counts them, and their rows by what they hold."""
    rows: Counter[str] = Counter()
    written = [file for file in files if file[2]]  # an export without a row is not sent
    for name, content, count in written:
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        kind = re.split(r"[-.]", name)[0] if name.startswith("company/") else path.parent.name
        rows[kind] += count
    return len(written), rows


def _write_truth(truth: Path, chapters: list[_Chapter]) -> dict[str, int]:
    table = pa.concat_tables([chapter.truth for chapter in chapters], promote_options="none")
    assert table.schema.equals(TRUTH)
    truth.mkdir(parents=True, exist_ok=True)
    (truth / "errors.parquet").write_bytes(company.parquet(table))
    return dict(sorted(Counter(table["error_type"].to_pylist()).items()))
