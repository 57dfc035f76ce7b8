"""What was due and what became of it, by the day or month on which it was due."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from dashboards.components import charts
from dashboards.components.palette import palette

# From the axis upwards: what is there, what is late, what may still come.
ORDER = ("landed", "late", "in_transit")


def due_bars(
    records: Sequence[charts.Record], *, key: str, alt_text: str, by_month: bool, as_of: str | None
) -> None:
    """Stacked amounts by `day` and `standing`; a dashed rule at the as-of day, if it is given."""
    colours = palette()
    known = {
        "landed": colours.matched,
        "late": colours.broken,
        "in_transit": colours.in_transit,
    }
    form = "%b %Y" if by_month else "%-d %b"
    base = alt.Chart(alt.InlineData(values=list(records)))
    bars = base.mark_bar(width={"band": 0.6}).encode(
        x=alt.X(
            "day:O",
            title=None,
            timeUnit="yearmonth" if by_month else "yearmonthdate",
            axis=alt.Axis(format=form, labelAngle=0, labelOverlap="greedy"),
        ),
        y=alt.Y(
            "value:Q",
            title=None,
            stack="zero",
            axis=alt.Axis(tickCount=3, labelExpr=charts.SHORT, minExtent=44),
        ),
        color=alt.Color(
            "standing:N", scale=alt.Scale(domain=list(known), range=list(known.values()))
        ),
        order=alt.Order("place:Q"),
        tooltip=[
            alt.Tooltip("day:T", title="Due", format="%b %Y" if by_month else "%-d %b %Y"),
            alt.Tooltip("word:N", title="Standing"),
            alt.Tooltip("text:N", title="Value"),
        ],
    )
    layers = [bars]
    if as_of and any(record["day"] == as_of for record in records):
        now = alt.Chart(alt.InlineData(values=[{"day": as_of, "note": "as of"}])).encode(
            x=alt.X("day:O", timeUnit="yearmonthdate")
        )
        layers += [
            now.mark_rule(strokeDash=[4, 3], color=colours.muted),
            now.mark_text(align="left", dx=5, color=colours.muted, fontSize=12).encode(
                y=alt.value(8), text="note:N"
            ),
        ]
    charts.show(alt.layer(*layers).properties(height=220, width="container"), key, alt_text)
