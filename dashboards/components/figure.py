"""The verdict and the figures: a sentence first, then at most four numbers, each explained."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from dashboards.components.palette import STATUSES, palette


@dataclass(frozen=True)
class Change:
    """A change and what it is measured against: "+7.5%", "vs Oct 2026"."""

    amount: str | None
    base: str


@dataclass(frozen=True)
class Figure:
    """A number with its definition and its change; `good` says which way is better."""

    label: str
    value: str
    definition: str
    change: Change | None = None
    good: Literal["up", "down", "neither"] = "up"
    trend: Sequence[float] = ()


def title(text: str) -> None:
    """The page's title."""
    st.title(text, anchor=False)


def verdict(sentence: str, note: str) -> AbstractContextManager[object]:
    """The page in a sentence, with a note in grey; badges can follow inside."""
    box = st.container(border=True, key="verdict", gap="small")
    with box:
        st.markdown(f"## {sentence}")
        st.markdown(f":gray[{note}]")
    return box


def status_badge(name: str, text: str, help: str | None = None) -> None:
    """A status with its icon, its word and its colour."""
    status = STATUSES[name]
    st.badge(f"{status.word} {text}".strip(), icon=status.icon, color=status.hue, help=help)


def figure(
    label: str,
    value: str,
    definition: str,
    *,
    change: Change | None = None,
    good: Literal["up", "down", "neither"] = "up",
    trend: Sequence[float] = (),
) -> AbstractContextManager[object]:
    """One number with its definition, its change and its trend; a link can follow inside."""
    colour: Literal["normal", "inverse", "off"] = (
        "normal" if good == "up" else "inverse" if good == "down" else "off"
    )
    box = st.container(border=True, height="stretch", gap="xxsmall")
    with box:
        st.metric(
            label,
            value,
            delta=change.amount if change else None,
            delta_description=change.base if change and change.amount else None,
            delta_color="off" if change and _is_zero(change.amount) else colour,
            delta_arrow="off" if change and _is_zero(change.amount) else "auto",
            help=definition,
        )
        if len(trend) > 1:
            st.image(_sparkline(trend), width="stretch", alt=f"Trend of {label} by month")
    return box


def figures(shown: Sequence[Figure]) -> None:
    """At most four numbers in a row."""
    with st.container(key="figures"):
        columns = st.columns(len(shown))
    for column, one in zip(columns, shown, strict=True):
        with column:
            figure(
                one.label,
                one.value,
                one.definition,
                change=one.change,
                good=one.good,
                trend=one.trend,
            )


def _is_zero(change: str | None) -> bool:
    return change is not None and not any(digit in change for digit in "123456789")


def _sparkline(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    span, last = (high - low) or 1.0, len(values) - 1
    points = " ".join(
        f"{i * 100 / last:.2f},{30 - 28 * ((v - low) / span if high > low else 0.5):.2f}"
        for i, v in enumerate(values)
    )
    return (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 32' preserveAspectRatio='none' "
        f"width='100%' height='34'><polyline points='{points}' fill='none' "
        f"stroke='{palette().muted}' stroke-width='1.6' vector-effect='non-scaling-stroke' "
        "stroke-linejoin='round'/></svg>"
    )
