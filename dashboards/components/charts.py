"""Charts as the theme draws them: no legends, labels at the marks, money already in words.

Records carry a number to draw (`value`) and a text to read (`text`), so that no amount is ever
formatted in the browser.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Literal

import altair as alt
import streamlit as st

from dashboards.components.palette import HEAT_FROM, LIGHT, palette

# A line over a range wider than this is drawn on a logarithmic scale.
WIDE_RANGE = 20
# K and M as in the figures; Vega says G where finance says B.
SHORT = "datum.value == 0 ? '0' : replace(replace(format(datum.value, '~s'), 'G', 'B'), 'k', 'K')"
LABEL_ROOM = 15  # the height of a label at the end of a line
_AXIS_ROOM = 44  # the same at the left of all charts, so that days stand above each other
_MONTHS_NAMED = 7  # more of them and the axis names only some
Record = dict[str, Any]


@dataclass(frozen=True)
class Band:
    """A named stretch of time, until before `after`."""

    name: str
    first: date
    after: date


@alt.theme.register("tieout", enable=True)
def _theme() -> alt.theme.ThemeConfig:
    try:
        colours = palette()
    except Exception:  # a chart drawn outside of a page, as in a test
        colours = LIGHT
    config: dict[str, Any] = {
        "background": colours.background,
        "font": "Inter",
        "view": {"stroke": None},
        "axis": {
            "labelColor": colours.muted,
            "gridColor": colours.line,
            "domain": False,
            "ticks": False,
            "labelFontSize": 12,
            "labelPadding": 6,
            "labelFont": "Inter",
        },
        "axisX": {"grid": False},
        "legend": {"disable": True},
        "title": {
            "anchor": "start",
            "color": colours.muted,
            "fontSize": 12,
            "fontWeight": 500,
            "offset": 8,
        },
        "bar": {"cornerRadiusEnd": 2},
        "line": {"strokeWidth": 2},
    }
    return alt.theme.ThemeConfig(config=config)  # type: ignore[typeddict-item]


def moment(day: date) -> str:
    """A day as Vega must get it: without a time it would be read as UTC, and shown a day early."""
    return f"{day.isoformat()}T00:00:00"


def bars(
    records: Sequence[Record],
    *,
    key: str,
    alt_text: str,
    heading: str,
    colour: str,
    by_month: bool,
    has_days: bool,
) -> None:
    """Amounts by `day`; the axis names the days only if `has_days`."""
    form = "%b %Y" if by_month else "%-d %b"
    axis = alt.Axis(format=form, labelAngle=0, labelOverlap="greedy") if has_days else None
    top = max((record["value"] for record in records), default=0.0) or 1.0
    chart = (
        alt.Chart(_data(records))
        .mark_bar(color=colour, **_bar_width(len(records)))
        .encode(
            x=alt.X("day:O", title=None, timeUnit=_unit(by_month), axis=axis),
            y=alt.Y(
                "value:Q",
                title=None,
                scale=alt.Scale(domain=[0, top]),
                axis=alt.Axis(tickCount=2, labelExpr=SHORT, minExtent=_AXIS_ROOM),
            ),
            tooltip=[_day_tooltip(by_month), alt.Tooltip("text:N", title="Value")],
        )
        .properties(height=140 if has_days else 110, width="container", title=heading)
    )
    show(chart, key, alt_text)


def ranked_bars(records: Sequence[Record], *, key: str, alt_text: str, colour: str) -> None:
    """Amounts by `name`, in the order given, each with its `label` at its end."""
    top = max((record["value"] for record in records), default=0.0) or 1.0
    # The room at the right is for the labels, however narrow the window is.
    room = 10 + 7 * max((len(record["label"]) for record in records), default=0)
    end = alt.ExprRef(f"{top} * width / max(width - {room}, 40)")
    scale = alt.Scale(domainMin=0, domainMax=end, nice=False)
    base = alt.Chart(_data(records)).encode(
        y=alt.Y("name:N", title=None, sort=[record["name"] for record in records]),
        x=alt.X("value:Q", title=None, axis=None, scale=scale),
        tooltip=[alt.Tooltip("name:N", title="Age"), alt.Tooltip("text:N", title="Value")],
    )
    labels = base.mark_text(align="left", dx=6, color=palette().ink, fontSize=12)
    chart = alt.layer(
        base.mark_bar(color=colour, size=16), labels.encode(text="label:N")
    ).properties(height=32 * len(records) + 10, width="container")
    show(chart, key, alt_text)


def lines(
    records: Sequence[Record],
    *,
    key: str,
    alt_text: str,
    colours: dict[str, str],
    kind: Literal["amount", "rate", "log"] = "amount",
    height: int = 180,
    bands: Sequence[Band] = (),
) -> None:
    """Lines over months by `series`; the newest point of each carries its `label`.

    `bands` are named stretches of time behind them.
    """
    days = sorted({record["day"] for record in records})
    named = [{**r, "label": r["label"] if r["day"] == days[-1] else ""} for r in records]
    label = "datum.value > 1 ? '' : format(datum.value, '.2~%')" if kind == "rate" else SHORT
    scale = _scale([record["value"] for record in records], kind)
    ends = {record["series"]: record["value"] for record in named if record["label"]}
    base = alt.Chart(_data(named)).encode(
        x=alt.X(
            "day:T",
            title=None,
            scale=alt.Scale(padding=24),
            axis=alt.Axis(format="%b %Y", labelOverlap="greedy", **_month_ticks(days)),
        ),
        y=alt.Y(
            "value:Q",
            title=None,
            scale=alt.Scale(**scale),
            axis=alt.Axis(tickCount=3, labelExpr=label, minExtent=_AXIS_ROOM),
        ),
        color=alt.Color(
            "series:N", scale=alt.Scale(domain=list(colours), range=list(colours.values()))
        ),
        tooltip=[_day_tooltip(True), alt.Tooltip("text:N", title="Value")],
    )
    labels = [
        base.mark_text(align="left", dx=9, dy=dy, fontSize=12, fontWeight=600)
        .encode(text="label:N")
        .transform_filter(alt.datum.series == series)
        for series, dy in apart(ends, scale, height).items()
    ]
    chart = alt.layer(
        *_bands(bands),
        base.mark_line(),
        base.mark_point(filled=True, size=40, opacity=1),
        *labels,
    ).properties(height=height, width="container")
    show(chart, key, alt_text)


def heat(records: Sequence[Record], *, key: str, alt_text: str, by_month: bool) -> None:
    """Broken share by `processor` and `day`, in `bps`."""
    colours = palette()
    form = "%b %Y" if by_month else "%-d %b"
    rows = len({record["processor"] for record in records})
    chart = (
        alt.Chart(_data(records))
        .mark_rect(cornerRadius=2, stroke=colours.background, strokeWidth=2)
        .encode(
            x=alt.X(
                "day:O",
                title=None,
                timeUnit=_unit(by_month),
                axis=alt.Axis(format=form, labelAngle=0, labelOverlap="greedy"),
            ),
            y=alt.Y("processor:N", title=None, axis=alt.Axis(minExtent=_AXIS_ROOM)),
            color=alt.Color(
                "bps:Q",
                scale=alt.Scale(type="threshold", domain=HEAT_FROM, range=list(colours.heat)),
            ),
            tooltip=[
                alt.Tooltip("processor:N", title="Processor"),
                _day_tooltip(by_month),
                alt.Tooltip("text:N", title="Broken"),
            ],
        )
        .properties(height=34 * rows + 30, width="container")
    )
    show(chart, key, alt_text)


def show(chart: Any, key: str, alt_text: str) -> None:
    """A chart in the theme, with what it shows in words."""
    st.altair_chart(chart, theme=None, key=key, alt=alt_text)


def _data(records: Sequence[Record]) -> alt.InlineData:
    return alt.InlineData(values=list(records))


def _bar_width(bars: int) -> dict[str, Any]:
    return {"size": 24} if bars <= _MONTHS_NAMED else {"width": {"band": 0.6}}


def _unit(by_month: bool) -> Any:
    return "yearmonth" if by_month else "yearmonthdate"


def _day_tooltip(by_month: bool) -> alt.Tooltip:
    form = "%b %Y" if by_month else "%-d %b %Y"
    return alt.Tooltip("day:T", title="Month" if by_month else "Day", format=form)


def _month_ticks(days: Sequence[str]) -> dict[str, Any]:
    if len(days) > _MONTHS_NAMED:
        return {"tickCount": 4}
    months = [datetime.fromisoformat(day) for day in days]
    return {"values": [alt.DateTime(year=m.year, month=m.month, date=m.day) for m in months]}


def _bands(bands: Sequence[Band]) -> list[Any]:
    """Every other stretch is shaded, and each has its name at the top."""
    if not bands:
        return []
    records = [
        {
            "name": band.name,
            "from": moment(band.first),
            "to": moment(band.after),
            "shade": 0.55 * (place % 2),
        }
        for place, band in enumerate(bands)
    ]
    colours = palette()
    base = alt.Chart(_data(records)).encode(x=alt.X("from:T", title=None), x2="to:T")
    shades = base.mark_rect(color=colours.line).encode(
        opacity=alt.Opacity("shade:Q", scale=None), tooltip=[alt.Tooltip("name:N", title="Phase")]
    )
    names = (
        alt.Chart(_data(records))
        .mark_text(align="left", baseline="top", dx=5, dy=5, color=colours.muted, fontSize=11)
        .encode(x=alt.X("from:T", title=None), y=alt.value(0), text="shown:N")
        # Where there is no room for names, their first word has to do.
        .transform_calculate(shown="width < 640 ? split(datum.name, ' ')[0] : datum.name")
    )
    return [shades, names]


def apart(ends: dict[str, float], scale: dict[str, Any], height: int) -> dict[str, float]:
    """By how many pixels down each label at the end of a line moves, so that none touches another.

    Labels that would touch move away from each other by the same way, over and over until all fit.
    """
    # Labels of one value keep the order in which the series are given.
    places = {name: pixel(end, scale, height) for name, end in ends.items()}
    order, moved = sorted(places, key=lambda name: places[name]), dict(places)
    for _ in range(len(order) ** 2):
        for above, below in pairwise(order):
            overlap = max(LABEL_ROOM - (moved[below] - moved[above]), 0)
            moved[above] -= overlap / 2
            moved[below] += overlap / 2
    return {name: round(moved[name] - places[name], 1) for name in ends}


def pixel(value: float, scale: dict[str, Any], height: int) -> float:
    """Where a value stands on a scale, from its top."""
    step = math.log if scale.get("type") == "log" else float
    low, high = (step(end) for end in scale["domain"])
    return (high - step(value)) / (high - low) * height


def _scale(values: Sequence[float], kind: str) -> dict[str, Any]:
    """From zero for amounts, logarithmic where the range is wide; rates close to their values."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if kind == "rate":
        margin = max((high - low) * 0.3, 0.002)
        top = high + margin if high + margin < 1 else 1 + margin / 4
        return {"domain": [max(low - margin, 0), top], "nice": False}
    if low > 0 and (kind == "log" or high > WIDE_RANGE * low):
        return {"type": "log", "domain": [low / 1.5, high * 1.5]}
    return {"domain": [min(low * 1.3, 0.0), max(high * 1.15, 0.0) or 1.0], "nice": False}
