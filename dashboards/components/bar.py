"""The bar above every page: period, currency, edition, and as of when. The address is its state.

The address holds the label that was chosen, so labels are words that never change.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import urlencode

import streamlit as st

from dashboards import data
from dashboards.components import door, empty, saved
from dashboards.components.money import ago, day, month, plural
from dashboards.context import Context, Scope
from dashboards.queries import choices
from tieout.editions import Edition
from tieout.settings import Workspace

ALL_MONTHS = "All months"
CURRENT = "Current edition"
_KEY = "_context"
_IN_ADDRESS = ("period", "currency", "edition")


def bar() -> bool:
    """Show the bar and set the context of this run; False where there is nothing to look at."""
    home = data.workspace()
    if home is None:  # it was there when the door opened
        return empty.no_workspace()
    editions = data.editions(home)
    current_id = data.current_edition_id(home)
    if not editions or current_id is None:
        return empty.no_edition(home)
    by_label = {CURRENT: next(e for e in editions if e.edition_id == current_id)}
    by_label |= {label(edition): edition for edition in editions}
    with st.container(key="context", horizontal=True, vertical_alignment="center", gap="small"):
        context = _choose(home, by_label)
        _as_of(context)
        _link(context)
        saved.views(home)
        door.who(home)
    st.session_state[_KEY] = context
    return True


def current() -> Context:
    """What the page that is running looks at."""
    context: Context = st.session_state[_KEY]
    return context


def label(edition: Edition) -> str:
    """The word for an edition: its as-of date and the beginning of its id."""
    return f"{edition.as_of} {edition.edition_id[:6]}"


def address(**parameters: str) -> dict[str, str]:
    """Parameters of a link that keeps what is chosen in the bar."""
    chosen = {key: st.query_params[key] for key in _IN_ADDRESS if key in st.query_params}
    return {**chosen, **parameters}


def _choose(home: Workspace, by_label: dict[str, Edition]) -> Context:
    # The months and currencies to choose from depend on the edition, which stands behind them.
    wanted = st.session_state.get("edition") or st.query_params.get("edition") or CURRENT
    edition = by_label.get(wanted, by_label[CURRENT])
    months = {month(first): first for first in choices.months(home, edition.edition_id)}
    period = st.selectbox(
        "Period",
        [ALL_MONTHS, *months],
        key="period",
        bind="query-params",
        label_visibility="collapsed",
        width=160,
        icon=":material/calendar_today:",
    )
    total = f"All in {edition.reporting_currency}"
    currency = st.selectbox(
        "Currency",
        [total, *choices.currencies(home, edition.edition_id)],
        key="currency",
        bind="query-params",
        label_visibility="collapsed",
        width=150,
        icon=":material/payments:",
    )
    st.selectbox(
        "Edition",
        list(by_label),
        key="edition",
        bind="query-params",
        label_visibility="collapsed",
        width=210,
        icon=":material/verified:",
    )
    return Context(
        home=home,
        edition=edition,
        is_current=edition == by_label[CURRENT],
        scope=_scope(months.get(period or ""), None if currency == total else currency),
    )


def _scope(first: date | None, currency: str | None) -> Scope:
    return Scope.of_month(first, currency) if first else Scope(currency=currency)


def _as_of(context: Context) -> None:
    edition = context.edition
    published = datetime.fromisoformat(edition.published_at)
    st.badge(
        f"As of {day(context.as_of)}" if context.is_current else "An older edition",
        icon=":material/bolt:" if context.is_current else ":material/history:",
        color="gray",
        help=(
            f"Open items are judged from **{day(context.as_of)}**.  \n"
            f"Edition `{edition.edition_id}`, published {ago(published, datetime.now(UTC))} "
            f"{_made_of(context)}by Tieout {edition.tieout_version}."
        ),
    )


def _made_of(context: Context) -> str:
    rows = data.row_count(context.home, context.edition)
    if rows is None:
        return ""
    files, sources = choices.files(context.home, context.edition.edition_id)
    return f"from {plural(files, 'file')} of {plural(sources, 'source')}, {plural(rows, 'row')}, "


def _link(context: Context) -> None:
    """A link to exactly these figures: it names the edition, which the address leaves out."""
    with st.popover("Link", icon=":material/link:", type="tertiary", key="link"):
        st.markdown("This page, pinned to its edition: it shows everyone the same figures.")
        parameters = {**st.query_params.to_dict(), "edition": label(context.edition)}
        st.code(f"{st.context.url or ''}?{urlencode(parameters)}", language=None, wrap_lines=True)
