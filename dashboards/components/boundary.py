"""No reader ever sees a traceback: a reference for support stands in its place."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from dashboards.components import empty, links
from dashboards.data import NotInEdition, NotInScope

Shown = TypeVar("Shown")
_log = logging.getLogger(__name__)


def part(show: Callable[..., None], *arguments: object) -> None:
    """Show a part of a page, or in its place that it is made of rows the person may not see."""
    try:
        show(*arguments)
    except NotInScope as reason:
        st.caption(f":material/lock: {reason}")


def guarded(show: Callable[[], Shown], title: str | None = None) -> Shown | None:
    """Show something; what goes wrong is logged with the reference that the reader is given.

    `title` stands above the notice where the page cannot have shown its own yet.
    """
    try:
        return show()
    except NotInScope as reason:
        if title:
            st.title(title, anchor=False)
        empty.notice("Not among the rows that you may see", str(reason), "lock")
        return None
    except NotInEdition:
        if title:
            st.title(title, anchor=False)
        empty.notice(
            "Not in this edition",
            "It was published before Tieout had what is shown here. Its tables are on the page "
            "Audit, as they were; choose a newer edition above, or run Tieout again for one.",
            "history",
            "tieout run",
        )
        return None
    except Exception:
        reference = secrets.token_hex(4)
        _log.exception("a page could not be shown; reference %s", reference)
        if title:
            st.title(title, anchor=False)
        with st.container(border=True, key="error", gap="small"):
            st.markdown("## :material/error: This page could not be shown")
            st.markdown(
                "Nothing was changed, and other pages are not affected. "
                f"The log of the server has the details under the reference `{reference}`."
            )
            with st.container(horizontal=True, vertical_alignment="center"):
                if st.button("Try again", type="primary", key="again"):
                    st.rerun()
                links.to("overview", "Back to Overview", ":material/arrow_back:")
        return None
