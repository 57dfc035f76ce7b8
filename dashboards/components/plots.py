"""Charts by name: bridges that lead from one figure to another, dots with intervals, bars."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from dashboards.components import charts
from dashboards.components.palette import palette

ROW = 32
NAME_ROOM = 150  # of the names at the left; longer ones are cut


@dataclass(frozen=True)
class Step:
    """A row of a bridge: where it begins and ends, what stands at it and what hovering says."""

    name: str
    start: float
    end: float
    label: str
    text: str
    is_total: bool = False


def bridge(steps: Sequence[Step], *, key: str, alt_text: str, is_zoomed: bool = False) -> None:
    """Rows that each begin where the one before ended; totals begin at zero.

    `is_zoomed` leaves out what all have in common: steps between high rates would be invisible.
    """
    colours = palette()
    ends = [value for step in steps for value in (step.start, step.end) if not step.is_total]
    ends += [step.end for step in steps if step.is_total]
    low, high = min(ends), max(ends)
    if not is_zoomed:
        low, high = min(low, 0.0), max(high, 0.0)
    span = (high - low) or abs(high) or 1.0
    floor = low - 0.12 * span if is_zoomed else 0.0
    left = min(low, floor)
    records = [
        {
            "name": step.name,
            "row": row,
            "next": row + 1,
            "start": floor if step.is_total else step.start,
            "end": step.end,
            "right": max(floor if step.is_total else step.start, step.end),
            "label": step.label,
            "text": step.text,
            "kind": "total" if step.is_total else "step",
            "is_last": step is steps[-1],
        }
        for row, step in enumerate(steps)
    ]
    scale = alt.Scale(domain=[left, high + 0.55 * span], nice=False, zero=False)
    # Rows are numbers to Vega, since it can draw no line from one name to the next.
    y = alt.Y(
        "row:Q",
        title=None,
        scale=alt.Scale(domain=[len(steps) - 0.5, -0.5], nice=False),
        axis=alt.Axis(
            values=list(range(len(steps))),
            labelExpr=f"{json.dumps([step.name for step in steps])}[datum.value]",
            labelLimit=NAME_ROOM,
            grid=False,
        ),
    )
    base = alt.Chart(alt.InlineData(values=records)).encode(
        y=y,
        tooltip=[alt.Tooltip("name:N", title="Step"), alt.Tooltip("text:N", title="Value")],
    )
    bars = base.mark_bar(size=17, orient="horizontal").encode(
        x=alt.X("start:Q", title=None, axis=None, scale=scale),
        x2="end:Q",
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=["total", "step"], range=[colours.brand, colours.muted]),
        ),
    )
    connectors = (
        base.mark_rule(strokeDash=[2, 2], color=colours.muted, opacity=0.8)
        .encode(x=alt.X("end:Q", axis=None, scale=scale), y2="next:Q")
        .transform_filter("!datum.is_last")
    )
    labels = base.mark_text(align="left", dx=6, color=colours.ink, fontSize=12).encode(
        x=alt.X("right:Q", axis=None, scale=scale), text="label:N"
    )
    _show(alt.layer(connectors, bars, labels), len(steps), key, alt_text)


def dots(
    records: Sequence[dict[str, Any]],
    *,
    key: str,
    alt_text: str,
) -> None:
    """A dot for each `name` at `value`, with its `label`; a line from `low` to `high` where given.

    The axis begins where the data does: the place of a dot speaks, not its length.
    """
    colours = palette()
    shown = [{"low": r["value"], "high": r["value"], **r} for r in records]
    low, high = min(r["low"] for r in shown), max(r["high"] for r in shown)
    margin = (high - low) * 0.08 or abs(high) * 0.01 or 1.0
    scale = alt.Scale(domain=[low - margin, high + (high - low) * 0.5 + margin], nice=False)
    order = list(dict.fromkeys(record["name"] for record in records))
    base = alt.Chart(alt.InlineData(values=shown)).encode(
        y=alt.Y("name:N", title=None, sort=order, axis=_names(grid=True)),
        tooltip=[
            alt.Tooltip("name:N", title="What"),
            alt.Tooltip("text:N", title="Value"),
        ],
    )
    spread = base.mark_rule(color=colours.muted, strokeWidth=2).encode(
        x=alt.X("low:Q", title=None, axis=None, scale=scale), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=110, color=colours.brand, opacity=1).encode(
        x=alt.X("value:Q", axis=None, scale=scale)
    )
    labels = base.mark_text(align="left", dx=10, color=colours.ink, fontSize=12).encode(
        x=alt.X("high:Q", axis=None, scale=scale), text="label:N"
    )
    _show(alt.layer(spread, points, labels), len(order), key, alt_text)


def signed_bars(records: Sequence[dict[str, Any]], *, key: str, alt_text: str) -> None:
    """Bars to both sides of zero by `name`, each with its `label`: gains right, losses left."""
    colours = palette()
    values = [record["value"] for record in records]
    low, high = min(*values, 0.0), max(*values, 0.0)
    span = (high - low) or 1.0
    scale = alt.Scale(
        domain=[low - (0.3 * span if low else 0), high + 0.3 * span], nice=False, zero=True
    )
    base = alt.Chart(alt.InlineData(values=list(records))).encode(
        x=alt.X("value:Q", title=None, axis=None, scale=scale),
        y=alt.Y("name:N", title=None, sort=[r["name"] for r in records], axis=_names()),
        tooltip=[alt.Tooltip("name:N", title="What"), alt.Tooltip("text:N", title="Value")],
    )
    named = base.encode(text="label:N")
    right = named.mark_text(align="left", dx=6, color=colours.ink, fontSize=12)
    left = named.mark_text(align="right", dx=-6, color=colours.ink, fontSize=12)
    chart = alt.layer(
        base.mark_bar(color=colours.muted, size=17),
        right.transform_filter("datum.value >= 0"),
        left.transform_filter("datum.value < 0"),
        base.mark_rule(color=colours.line).encode(x=alt.datum(0, axis=None, scale=scale)),
    )
    _show(chart, len(records), key, alt_text)


def _names(grid: bool = False) -> alt.Axis:
    return alt.Axis(labelLimit=NAME_ROOM, grid=grid)


def _show(chart: Any, rows: int, key: str, alt_text: str) -> None:
    charts.show(chart.properties(height=ROW * rows + 10, width="container"), key, alt_text)
