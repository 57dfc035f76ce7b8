"""What a figure is, in the words of the metric catalogue: the same on pages, CLI and docs."""

from __future__ import annotations

from dashboards import data
from dashboards.context import Context
from tieout.metrics import Unanswerable

UNITS = {
    "money": "{currency}",
    "bps": "basis points of volume",
    "percent": "percent; changes in basis points",
    "per_million": "{currency} on each million of volume",
    "per_payment": "{currency} on each payment",
    "days": "days",
    "count": "number",
}


def define(context: Context, name: str, currency: str | None = None) -> str:
    """The definition of a metric: what it is, its formula, unit and example.

    Amounts are in `currency`, or in that of the page.
    """
    try:
        metric = data.catalogue(context.home)[name]
    except Unanswerable as reason:
        return f"`{name}`: {reason}"
    unit = UNITS[metric.unit].format(currency=currency or context.currency)
    example = f"  \nFor example {metric.example}." if metric.example else ""
    return (
        f"**{metric.label}.** {metric.description}  \nFormula: {metric.formula}.  \n"
        f"Unit: {unit}.{example}  \nMetric `{name}`."
    )


def label(context: Context, name: str) -> str:
    """What the catalogue calls a metric; its name in words where there is no catalogue yet."""
    try:
        return data.catalogue(context.home)[name].label
    except Unanswerable:
        return (name[0].upper() + name[1:]).replace("_", " ")
