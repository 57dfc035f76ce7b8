"""The door: signing in and out, and who is looking, in the bar above every page."""

from __future__ import annotations

import streamlit as st

from dashboards import data, identity
from dashboards.components import empty
from tieout.access import NotAdmitted
from tieout.decisions.record import Person
from tieout.settings import Workspace


def is_open() -> bool:
    """Whether the person may come in; shows what to do where not."""
    home = data.workspace()
    if home is None:
        return empty.no_workspace()
    try:
        identity.person(home)
    except identity.NotSignedIn:
        st.title("Tieout", anchor=False)
        empty.notice("Sign in", "These figures are for people who have been given a role.", "lock")
        st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login)
    except NotAdmitted as reason:
        st.title("Tieout", anchor=False)
        empty.notice("Nothing to see", str(reason), "block")
        if identity.sign_in(home):
            _sign_out()
    else:
        return True
    return False


def who(home: Workspace) -> None:
    """Who is looking, and what they may."""
    person = identity.person(home)
    is_local = identity.sign_in(home) is None
    with st.popover(
        "Local mode" if is_local else person.actor,
        icon=":material/computer:" if is_local else ":material/person:",
        type="tertiary",
        key="who",
    ):
        st.markdown(_told(person, is_local))
        if not is_local:
            _sign_out()


def _told(person: Person, is_local: bool) -> str:
    rows = f"You see only {person.scope}." if person.scope.is_limited else "You see every row."
    if is_local:
        return (
            "One person, on this machine only: nobody signs in, and nobody else is served.  \n"
            f"Decisions are stored under **{person.actor}** ({person.role}), as this machine says."
        )
    return f"Signed in as **{person.actor}**, {person.role}.  \n{rows}"


def _sign_out() -> None:
    st.button("Sign out", icon=":material/logout:", key="sign_out", on_click=st.logout)
