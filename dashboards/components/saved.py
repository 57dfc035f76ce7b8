"""Views that people saved, in the bar above every page: open one, save this one, remove one."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboards import data, identity
from dashboards.components import links
from tieout.decisions.views import SavedView, ViewRefused
from tieout.settings import ConfigurationError, Workspace

_SAID = "_saved_view"


def views(home: Workspace) -> None:
    """The list of views that are offered, and a form that saves what is on the screen.

    The store is asked only by who looks: no page waits for it, or fails where it cannot be reached.
    """
    shown = st.popover(
        "Views", icon=":material/bookmark:", type="tertiary", key="views", on_change="rerun"
    )
    if shown.open:
        with shown:
            try:
                _views(home)
            except ConfigurationError as reason:
                st.caption(f":material/cloud_off: {reason}")


def _views(home: Workspace) -> None:
    who = identity.person(home).actor
    offered = [view for view in data.saved_views(home, who) if links.has(view.page)]
    for number, view in enumerate(offered):
        _offer(home, view, view.owner == who, number)
    if not offered:
        st.markdown("A view is a page with its period, currency and filters, under a name.")
    with st.form("save_view", border=False, clear_on_submit=True):
        name = st.text_input("Save what is on the screen as", placeholder="Name", key="name_it")
        is_shared = st.checkbox("Offer it to everybody", key="share_it")
        if st.form_submit_button("Save", icon=":material/bookmark_add:"):
            chosen = st.query_params.to_dict()
            _save(home, SavedView(who, name, links.here(), chosen, is_shared))
    st.caption(st.session_state.pop(_SAID, "Figures are those of the day it is opened."))


def _offer(home: Workspace, view: SavedView, is_own: bool, number: int) -> None:
    with st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        gap="small",
        key=f"offered_{number}",
    ):
        by = "" if not view.is_shared else " · shared" if is_own else f" · {view.owner}"
        # A plain link: what widgets hold would stay as it is if the page were only run again.
        address = escape(links.address_of(view.page, view.chosen))
        st.html(
            f'<a class="saved" href="{address}" target="_self">{escape(view.name)}</a>{escape(by)}'
        )
        if is_own and st.button(
            "Remove",
            icon=":material/delete:",
            type="tertiary",
            key=f"remove_{number}_{view.name}",
            help=f"Remove the view “{view.name}”; no figure is touched.",
        ):
            data.remove_view(home, view)
            st.rerun()


def _save(home: Workspace, view: SavedView) -> None:
    try:
        data.save_view(home, view)
    except ViewRefused as reason:
        st.session_state[_SAID] = str(reason)
    else:
        st.session_state[_SAID] = f"Saved as “{view.name.strip()}”."
    st.rerun()
