"""The colours, fixed and measured in both themes. Colour means status and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st

Hue = Literal["green", "blue", "violet", "red", "gray"]


@dataclass(frozen=True)
class Palette:
    """One theme's colours; `heat` goes from nothing broken to the worst."""

    matched: str
    in_transit: str
    broken: str
    broken_text: str
    ink: str
    muted: str
    line: str
    background: str
    brand: str
    heat: tuple[str, ...]


LIGHT = Palette(
    matched="#14653f",
    in_transit="#3593e8",
    broken="#e2561c",
    broken_text="#b23c0a",
    ink="#16191f",
    muted="#565e6c",
    line="#e3e6ea",
    background="#ffffff",
    brand="#3b3fd8",
    heat=("#f0f2f5", "#fbdccd", "#f4a988", "#e2561c", "#8a2f08"),
)
DARK = Palette(
    matched="#6cd9a6",
    in_transit="#3f6fd6",
    broken="#d4441d",
    broken_text="#ff9a78",
    ink="#e8ebf0",
    muted="#a9b2c0",
    line="#2a313b",
    background="#0f1318",
    brand="#b9bcff",
    heat=("#1b212a", "#4a231a", "#8c3a22", "#d4441d", "#ffb59c"),
)
# Broken share in basis points, from which each stronger colour of the heat begins.
HEAT_FROM = (1, 10, 50, 150)


@dataclass(frozen=True)
class Status:
    """How a status is shown: never by its colour alone, always with a word and an icon."""

    word: str
    icon: str
    hue: Hue


STATUSES = {
    "matched": Status("Matched", ":material/check_circle:", "green"),
    "in_transit": Status("In transit", ":material/schedule:", "blue"),
    "suggested": Status("Suggested", ":material/help:", "violet"),
    "broken": Status("Broken", ":material/error:", "red"),
    "written_off": Status("Written off", ":material/remove_circle:", "gray"),
}


def status_of(name: str) -> Status:
    """The shown status of an item's status; matched within tolerance is matched."""
    return STATUSES["matched" if name.startswith("matched") else name]


def is_dark() -> bool:
    """Whether the reader looks at the dark theme."""
    return st.context.theme.type == "dark"


def palette() -> Palette:
    """The colours of the theme that the reader looks at."""
    return DARK if is_dark() else LIGHT
