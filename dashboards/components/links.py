"""The pages, the menu, and links that keep what is chosen in the bar."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboards.components import bar

_KEY = "_pages"


def register(pages: dict[str, StreamlitPage]) -> None:
    """Remember the pages of the router by name."""
    st.session_state[_KEY] = pages


def menu(sections: dict[str, list[StreamlitPage]]) -> None:
    """The menu at the side. Streamlit's own has list markup that screen readers stumble over."""
    with st.sidebar, st.container(key="menu", gap="xxsmall"):
        for section, pages in sections.items():
            if section:
                st.caption(section)
            for page in pages:
                if page.visibility == "visible":
                    st.page_link(page, width="stretch", query_params=bar.address())


def to(
    name: str, label: str, icon: str | None = None, help: str | None = None, **parameters: str
) -> None:
    """A link to a page by name, with filters in its address."""
    pages: dict[str, StreamlitPage] = st.session_state[_KEY]
    st.page_link(
        pages[name], label=label, icon=icon, help=help, query_params=bar.address(**parameters)
    )


def go(name: str, **parameters: str) -> NoReturn:
    """Leave for a page by name."""
    pages: dict[str, StreamlitPage] = st.session_state[_KEY]
    st.switch_page(pages[name], query_params=bar.address(**parameters))
