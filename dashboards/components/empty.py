"""What stands where there is nothing to show: why, and what to do about it."""

from __future__ import annotations

import shlex

import streamlit as st

from tieout.settings import Workspace


def notice(title: str, reason: str, icon: str = "inbox", command: str | None = None) -> None:
    """A box that says why there is nothing, and what to change or run."""
    with st.container(border=True, key="empty", gap="small"):
        st.markdown(f"## :material/{icon}: {title}")
        st.markdown(f":gray[{reason}]")
        if command:
            st.code(command, language=None)


def no_workspace() -> bool:
    """There is no workspace to look at."""
    st.title("Welcome to Tieout", anchor=False)
    notice(
        "No workspace is open",
        "The dashboards show one workspace. Make one, run it, and open them on it.",
        "folder_off",
        "tieout init books\ntieout run --home books\ntieout dashboard --home books",
    )
    return False


def no_edition(home: Workspace) -> bool:
    """The workspace has published nothing yet."""
    st.title("Welcome to Tieout", anchor=False)
    notice(
        "Nothing has been published yet",
        f"Drop files into `{home.inbox}`, then run the command below. "
        "The figures appear here as soon as the run has published its first edition.",
        "hourglass_empty",
        f"tieout run --home {shlex.quote(str(home.home))}",
    )
    return False
