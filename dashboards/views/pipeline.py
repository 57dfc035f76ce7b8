"""Pipeline: how the runs go, what failed and where the time went."""

from __future__ import annotations

from datetime import UTC, datetime
from shlex import quote
from statistics import median

import pyarrow as pa
import streamlit as st

from dashboards import data
from dashboards.components import bar, charts, empty
from dashboards.components.figure import figure, title, verdict
from dashboards.components.items import ROW_HEIGHT
from dashboards.components.money import ago, count, moment, plural
from dashboards.components.palette import palette
from dashboards.components.words import words
from dashboards.context import Context
from tieout.runs import Run

RUNS_SHOWN = 60


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Pipeline")
    runs = data.runs(context.home, RUNS_SHOWN)
    if not runs:
        empty.notice(
            "No run has been noted yet",
            "The log begins with the next run of this workspace.",
            "history",
            f"tieout run --home {quote(str(context.home.home))}",
        )
        return
    _verdict(runs[0])
    _figures(runs)
    _durations(runs)
    _table(context, runs)


def _verdict(last: Run) -> None:
    when = ago(_ended(last), datetime.now(UTC))
    if last.succeeded:
        sentence = f"The last run went through, {when}"
        note = f"It took {duration(last.seconds)} for {len(last.steps)} steps."
    else:
        sentence = f"The last run failed in {step_word(last.failed_step)}, {when}"
        note = "Nothing was published: readers still see the edition before it."
    with verdict(sentence, note):
        if last.reason:
            st.code(last.reason, language=None, wrap_lines=True)


def _figures(runs: list[Run]) -> None:
    good = [run for run in runs if run.succeeded]
    failed = len(runs) - len(good)
    columns = st.container(key="figures").columns(4, gap="small")
    with columns[0]:
        figure(
            "Runs noted",
            count(len(runs)),
            f"The newest runs, {RUNS_SHOWN} at most. A run with nothing new is not started.",
            trend=(),
        )
    with columns[1]:
        figure("Failed", count(failed), "Runs that stopped at a step and published nothing.")
    with columns[2]:
        usual = duration(median(run.seconds for run in good)) if good else "–"
        figure("Usual duration", usual, "The median of the runs that went through.")
    with columns[3]:
        last = duration(good[0].seconds) if good else "–"
        figure("Last good run", last, "From the start of its first step to the end of its last.")


def _durations(runs: list[Run]) -> None:
    st.markdown("## Where the time goes")
    st.caption("The steps of the newest run that went through")
    run = next((run for run in runs if run.succeeded), runs[0])
    records = [
        {
            "name": step_word(step.name),
            "value": step.seconds or 0.0,
            "label": duration(step.seconds or 0.0),
            "text": duration(step.seconds or 0.0),
        }
        for step in run.steps
    ]
    charts.ranked_bars(
        records, key="chart_steps", alt_text="Seconds of each step", colour=palette().muted
    )


def _table(context: Context, runs: list[Run]) -> None:
    st.markdown("## Runs")
    rows = [
        {
            "Status": ["Done" if run.succeeded else "Failed"],
            "Ended": moment(_ended(run)),
            "Took": duration(run.seconds),
            "Job": run.job,
            "Arrival day": run.arrival_day,
            "Stopped in": "" if run.succeeded else step_word(run.failed_step),
            "Run": run.run_id[:8],
        }
        for run in runs
    ]
    text = st.column_config.TextColumn
    st.dataframe(
        pa.Table.from_pylist(rows),
        key="runs",
        hide_index=True,
        row_height=ROW_HEIGHT,
        alt="Runs, the newest first",
        column_config={
            "Status": st.column_config.MultiselectColumn(
                width=90, options=["Done", "Failed"], color=["green", "red"]
            ),
            "Took": text(alignment="right"),
            "Arrival day": text(help="The day to which the run's new files belong."),
            "Run": text(help="The beginning of Dagster's id of the run."),
        },
    )
    st.caption(f"{plural(len(runs), 'run')}. Every step, its logs and its checks are in Dagster:")
    st.code(f"tieout dagster --home {quote(str(context.home.home))}", language=None)


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def step_word(name: str | None) -> str:
    """A step's name in words: landing__inbox_files is Landing: inbox files."""
    stage, _, rest = (name or "start").partition("__")
    return f"{words(stage)}: {rest.replace('_', ' ')}" if rest else words(stage)


def _ended(run: Run) -> datetime:
    return datetime.fromtimestamp(
        datetime.fromisoformat(run.started_at).timestamp() + run.seconds, UTC
    )


page()
