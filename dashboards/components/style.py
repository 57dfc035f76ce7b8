"""The little that the theme in ``config.toml`` cannot say."""

from __future__ import annotations

import streamlit as st

from dashboards.components.palette import is_dark, palette

_CSS = """
[data-testid=stLayoutWrapper]:has(> .st-key-context) {
  position: sticky; top: 0; z-index: 99; background: var(--page);
}
.st-key-context { padding: 6px 3rem 6px 0 }
[data-testid=stHeader] { background: transparent; pointer-events: none }
[data-testid=stHeader] * { pointer-events: auto }
[data-testid=stMainBlockContainer] { padding-left: 2rem; padding-right: 2rem; max-width: 1480px }
[data-testid=stMetricValue], [data-testid=stMetricDelta], .num {
  font-variant-numeric: tabular-nums;
}
.st-key-figures [data-testid=stImage] img { height: 36px }
.st-key-figures [data-testid=stPageLink-NavLink] { padding-left: 0; min-height: 1.6rem }
.st-key-figures [data-testid=stPageLink-NavLink]:hover { background: transparent }
.st-key-needs [data-testid=stPageLink-NavLink] { padding-top: .3rem; padding-bottom: .3rem }
.st-key-needs [data-testid=stPageLink-NavLink] p { white-space: normal; line-height: 1.35 }
.st-key-needs p { font-size: .93rem }
.st-key-needs > [data-testid=stElementContainer]:has(.stMarkdown) { padding-left: .5rem }
[data-testid=stMarkdownContainer] h2 { padding-bottom: .25rem }
[class*=st-key-record_] a { background: transparent; padding-left: 0 }
.timeline { list-style: none; margin: 0; padding: 0 0 0 .4rem }
.timeline li { border-left: 2px solid var(--line); padding: 0 0 .8rem 1.1rem; position: relative }
.timeline li:last-child { border-left-color: transparent }
.timeline li::before {
  content: ""; position: absolute; left: -6px; top: .35rem; width: 10px; height: 10px;
  border-radius: 50%; background: var(--dot);
}
.timeline small { color: var(--muted); overflow-wrap: anywhere }
code { font-variant-ligatures: none }
a.saved { color: var(--brand) }
/* Inter writes an x between digits as a multiplication sign, which no ID has. */
body, canvas { font-feature-settings: "calt" 0; font-variant-ligatures: no-contextual }
canvas { text-rendering: optimizeSpeed }
/* The grid's own download does not escape what a spreadsheet would run; "Export CSV" does. */
[data-testid=stElementToolbarButton]:has([aria-label^="Download as CSV"]) { display: none }
@media (max-width: 1180px) {
  .st-key-work [data-testid=stColumn] { min-width: 100% }
  .st-key-figures [data-testid=stColumn] {
    min-width: calc(50% - .6rem); flex: 1 1 calc(50% - .6rem);
  }
}
@media (max-width: 640px) {
  [data-testid=stMainBlockContainer] { padding-left: 1rem; padding-right: 1rem }
  [data-testid=stLayoutWrapper]:has(> .st-key-context) { position: static }
  .st-key-context { padding-right: 0 }
  .st-key-context > div { flex: 1 1 46% }
  .st-key-sankey { display: none }
}
"""
# Streamlit writes white on a primary button, which a light primary colour does not carry, and
# darkens that colour under the pointer, which the dark page does not carry.
_DARK_CSS = """
[data-testid^=stBaseButton-primary] * { color: #0f1318 }
.st-key-context button:is(:hover, :active, :focus) * { color: #b9bcff }
"""


def apply() -> None:
    """Add the styles to the page."""
    extra = _DARK_CSS if is_dark() else ""
    known = palette()
    names = {"page": known.background, "line": known.line, "muted": known.muted}
    names |= {"brand": known.brand, "dot": known.brand}
    root = " ".join(f"--{name}: {colour};" for name, colour in names.items())
    st.html(f"<style>:root {{ {root} }}{_CSS}{extra}</style>")
