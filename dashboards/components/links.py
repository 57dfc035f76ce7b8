"""The pages, the menu, and links that keep what is chosen in the bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import urlencode

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboards.components import bar

_KEY, _HERE = "_pages", "_page"


def register(pages: dict[str, StreamlitPage], shown: StreamlitPage) -> None:
    """Remember the pages of the router by name, and which of them is shown."""
    st.session_state[_KEY] = pages
    st.session_state[_HERE] = next(name for name, page in pages.items() if page == shown)


def here() -> str:
    """The name of the page that is shown."""
    return str(st.session_state[_HERE])


def has(name: str) -> bool:
    """Whether there is a page of that name."""
    return name in st.session_state[_KEY]


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


def address_of(name: str, chosen: Mapping[str, str]) -> str:
    """The address of a page with what is chosen on it, from any other page."""
    pages: dict[str, StreamlitPage] = st.session_state[_KEY]
    return f"./{pages[name].url_path}?{urlencode(chosen)}"


def go(name: str, **parameters: str) -> NoReturn:
    """Leave for a page by name."""
    pages: dict[str, StreamlitPage] = st.session_state[_KEY]
    st.switch_page(pages[name], query_params=bar.address(**parameters))
