"""The money flow drawn: a Sankey of one currency, and the same as a bridge by rows.

Records are made of integers of minor units; only the drawing turns them into numbers of a chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import plotly.graph_objects as go  # type: ignore[import-untyped]
import streamlit as st

from dashboards.components import charts
from dashboards.components.money import money
from dashboards.components.palette import palette
from dashboards.components.words import processor
from dashboards.queries.flow import Flow

_ALPHA, _STRONG = 0.38, 0.9
_GAP = 0.05  # between the nodes of a column, of the whole height: room for a label
_LEFT, _MIDDLE, _RIGHT = 0.001, 0.42, 0.985
_HEIGHT, _MARGIN = 440, 8
_LABEL_ROOM = 235  # at the right, in pixels


@dataclass(frozen=True)
class Step:
    """A row of the bridge: a total that stands on its own, or a change of the one before."""

    name: str
    minor: int
    is_total: bool
    status: str | None = None


def colour(status: str | None) -> str:
    """The colour of a status; what has none is neutral."""
    known = palette()
    return {
        "bank": known.matched,
        "in_transit": known.in_transit,
        "broken": known.broken,
        "unexplained": known.broken,
    }.get(status or "", known.muted)


def sankey(flows: Sequence[Flow], status: dict[str, str], currency: str, *, alt_text: str) -> None:
    """From what comes in, through the processors, to where it went.

    `status` is that of a name at either end; names without one are neutral.
    """
    processors = sorted({flow.processor for flow in flows}, key=lambda p: -_sum(flows, p))
    ins = _ends(flows, 1)
    outs = _ends(flows, -1)
    nodes = [
        *(("in", n) for n in ins),
        *(("mid", p) for p in processors),
        *(("out", n) for n in outs),
    ]
    place = {node: number for number, node in enumerate(nodes)}
    middle = {p: _sum(flows, p) for p in processors}
    columns = (("in", _LEFT, ins), ("mid", _MIDDLE, middle), ("out", _RIGHT, outs))
    # As Plotly will: what the column with most nodes leaves beside its gaps is for the most money.
    most = max(sum(own.values()) for _, _, own in columns) or 1
    scale = 1 - _GAP * (max(len(own) for _, _, own in columns) - 1)
    at: dict[tuple[str, str], tuple[float, float]] = {}
    sizes: dict[tuple[str, str], int] = {}
    for column, x, own in columns:
        heights = {name: size / most * scale for name, size in own.items()}
        at |= {(column, name): (x, y) for name, y in _centres(heights).items()}
        sizes |= {(column, name): size for name, size in own.items()}
    links = [
        (place["in", f.name], place["mid", f.processor], f)
        if f.minor > 0
        else (place["mid", f.processor], place["out", f.name], f)
        for f in flows
        if f.minor
    ]
    figure = go.Figure(
        go.Sankey(
            arrangement="fixed",
            node={
                "x": [at[node][0] for node in nodes],
                "y": [at[node][1] for node in nodes],
                "label": ["" for _ in nodes],
                "pad": _GAP * (_HEIGHT - 2 * _MARGIN),
                "thickness": 9,
                "line": {"width": 0},
                "color": [_node_colour(node, status) for node in nodes],
                "hoverinfo": "none",
            },
            link={
                "source": [source for source, _, _ in links],
                "target": [target for _, target, _ in links],
                "value": [abs(flow.minor) for _, _, flow in links],
                "color": [_link_colour(flow, status) for _, _, flow in links],
                "customdata": [
                    f"{processor(f.processor)}, {f.name.lower()}: {money(abs(f.minor), currency)}"
                    for _, _, f in links
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
            },
        )
    )
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 0, "r": _LABEL_ROOM, "t": _MARGIN, "b": _MARGIN},
        paper_bgcolor=palette().background,
        font={"family": "Inter", "size": 13, "color": palette().ink},
        annotations=[_label(node, at[node], sizes[node], status, currency) for node in nodes],
    )
    with st.container(key="sankey"):
        st.plotly_chart(
            figure,
            theme=None,
            key="chart_sankey",
            alt=alt_text,
            config={
                "displaylogo": False,
                "modeBarButtons": [["toImage"]],
                "toImageButtonOptions": {"filename": "tieout-money-flow", "scale": 2},
            },
        )


def _ends(flows: Sequence[Flow], sign: int) -> dict[str, int]:
    """The names at one end of the flow with their sums, in the order of the flows."""
    sums: dict[str, int] = {}
    for flow in flows:
        if flow.minor * sign > 0:
            sums[flow.name] = sums.get(flow.name, 0) + abs(flow.minor)
    return sums


def _sum(flows: Sequence[Flow], name: str) -> int:
    own = [flow.minor for flow in flows if flow.processor == name]
    return max(sum(m for m in own if m > 0), -sum(m for m in own if m < 0))


def _centres(heights: dict[str, float]) -> dict[str, float]:
    """Where the middle of each node of a column lies, with the column in the middle of all."""
    top = (1 - sum(heights.values()) - _GAP * (len(heights) - 1)) / 2
    centres = {}
    for name, height in heights.items():
        centres[name] = min(max(top + height / 2, 0.001), 0.999)
        top += height + _GAP
    return centres


def _label(
    node: tuple[str, str],
    at: tuple[float, float],
    minor: int,
    status: dict[str, str],
    currency: str,
) -> dict[str, object]:
    column, name = node
    word = processor(name) if column == "mid" else name
    is_red = status.get(name) in ("broken", "unexplained")
    return {
        "x": at[0],
        "y": 1 - at[1],
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "xshift": 14,
        "showarrow": False,
        "text": f"{word} <b>{money(minor, currency, compact=True)}</b>",
        "font": {"color": palette().broken_text if is_red else palette().ink, "size": 13},
    }


def _node_colour(node: tuple[str, str], status: dict[str, str]) -> str:
    column, name = node
    if column == "in" and name not in status:
        return palette().ink
    return palette().muted if column == "mid" else colour(status.get(name))


def _link_colour(flow: Flow, status: dict[str, str]) -> str:
    known = status.get(flow.name)
    alpha = _STRONG if known in ("broken", "unexplained") else _ALPHA
    red, green, blue = (int(colour(known)[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def bridge(steps: Sequence[Step], currency: str, *, key: str, alt_text: str, zoom: bool) -> None:
    """Totals and what changes one into the next, a row each, with its amount at the right."""
    records: list[charts.Record] = []
    running = 0
    for step in steps:
        start = 0 if step.is_total else running
        running = step.minor if step.is_total else running + step.minor
        records.append(
            {
                "name": step.name,
                "start": float(start),
                "end": float(running),
                "label": money(step.minor, currency, compact=True),
                "text": money(step.minor, currency),
                "colour": palette().ink if step.is_total else colour(step.status),
            }
        )
    ends = [value for r in records for value in (r["start"], r["end"]) if value]
    low = min(ends, default=0.0) if zoom else 0.0
    high = max(ends, default=1.0)
    low -= (high - low) * 0.08 if zoom else 0.0
    room = high + (high - low) * 0.4  # for the labels
    base = alt.Chart(alt.InlineData(values=records)).encode(
        y=alt.Y(
            "name:N",
            title=None,
            sort=[step.name for step in steps],
            axis=alt.Axis(labelLimit=180, labelColor=palette().ink),
        ),
        tooltip=[alt.Tooltip("name:N", title="Step"), alt.Tooltip("text:N", title="Amount")],
    )
    scale = alt.Scale(domain=[low, room], clamp=True, nice=False, zero=False)
    bars = base.mark_bar(size=20, cornerRadius=1).encode(
        x=alt.X("start:Q", title=None, axis=None, scale=scale),
        x2="end:Q",
        color=alt.Color("colour:N", scale=None),
    )
    labels = (
        base.transform_calculate(right="max(datum.start, datum.end)")
        .mark_text(align="left", dx=7, fontSize=12, fontWeight=600, color=palette().ink)
        .encode(x=alt.X("right:Q", scale=scale), text="label:N")
    )
    joints = (
        base.transform_filter(f"datum.name != '{steps[-1].name}'")
        .mark_tick(thickness=1, size=30, color=palette().muted, yOffset=15)
        .encode(x=alt.X("end:Q", scale=scale))
    )
    chart = alt.layer(bars, joints, labels).properties(
        height=32 * len(steps) + 10, width="container"
    )
    charts.show(chart, key, alt_text)
