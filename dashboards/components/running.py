"""Long work on a page: what is quick is there at once; the rest says how far it is, with Cancel.

Work goes on while its reader looks at other pages, and is there when they come back. It is stopped
when they ask for something else in its place, or leave.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from dashboards import identity
from dashboards.components.money import count
from dashboards.data import NotInEdition, NotInScope
from dashboards.work import LIMIT_SECONDS, Stopped, Work
from tieout.exports.files import Unwritable
from tieout.settings import Workspace

Result = TypeVar("Result")
# What is done within this never shows a progress.
QUICK_SECONDS = 0.7
_LOOK_SECONDS = 0.5
_log = logging.getLogger(__name__)


@dataclass
class _Asked:
    """What was asked by whom, the work that answers it, and what was told of its failure."""

    what: object
    work: Work[Any]
    told: str | None = None


def start(
    home: Workspace,
    key: str,
    what: object,
    do: Callable[[], object],
    limit_seconds: float = LIMIT_SECONDS,
) -> None:
    """Begin work in the place of what has the same key; what is quick is done on return."""
    work = Work(identity.carried(home, do), limit_seconds)
    st.session_state[_name(key)] = _Asked((identity.person(home), what), work)
    work.wait(QUICK_SECONDS)


def found(home: Workspace, key: str, what: object) -> Work[Any] | None:
    """The work that answers this; one that answers something else is stopped and forgotten."""
    asked: _Asked | None = st.session_state.get(_name(key))
    if asked is None:
        return None
    if asked.what != (identity.person(home), what):
        forget(key)
        return None
    return asked.work


def forget(key: str) -> None:
    """Stop the work and forget what it came to."""
    asked: _Asked | None = st.session_state.pop(_name(key), None)
    if asked is not None:
        asked.work.cancel()


def result(
    home: Workspace,
    key: str,
    what: object,
    do: Callable[[], Result],
    *,
    doing: str,
    limit_seconds: float = LIMIT_SECONDS,
) -> Result | None:
    """What the work comes to, begun if need be; its error is raised.

    None while it runs or where it was stopped; that is shown, with a way to stop or repeat it.
    """
    if found(home, key, what) is None:
        start(home, key, what, do, limit_seconds)
    work: Work[Result] = st.session_state[_name(key)].work
    if work.is_running:
        progress(key, work, doing)
        return None
    if isinstance(work.error, Stopped):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":material/cancel: {work.error}.", width="content")
            st.button("Try again", key=f"again_{key}", on_click=forget, args=(key,))
        return None
    if work.error is not None:
        forget(key)
        raise work.error
    return work.result


@st.fragment(run_every=_LOOK_SECONDS)
def progress(key: str, work: Work[Any], doing: str) -> None:
    """How far the work is, with Cancel; when it ends, the page is shown anew."""
    if work.is_stopping:
        work.wait(QUICK_SECONDS)
    if not work.is_running:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        text = f"{'Stopping' if work.is_stopping else doing}: {work.seconds:.0f} s"
        if work.of:
            done = f"{count(work.rows)} of {count(work.of)} rows"
            st.progress(min(work.rows / work.of, 1.0), text=f"{text}, {done}")
        else:
            st.markdown(f":material/hourglass_top: {text}", width="content")
        st.button(
            "Cancel",
            icon=":material/close:",
            key=f"cancel_{key}",
            on_click=work.cancel,
            disabled=work.is_stopping,
        )


def told(key: str, work: Work[Any]) -> str:
    """Why work came to no result, in words; what nobody foresaw is logged with a reference."""
    asked: _Asked = st.session_state[_name(key)]
    if asked.told is None:
        asked.told = _reason(work.error)
    return asked.told


def _reason(error: Exception | None) -> str:
    if isinstance(error, Stopped):
        return f"{error}; no file was kept."
    if isinstance(error, (Unwritable, NotInScope, NotInEdition)):
        return f"No file: {error}"
    reference = secrets.token_hex(4)
    _log.error("a file could not be made; reference %s", reference, exc_info=error)
    return f"The file could not be made. The log of the server says why: reference `{reference}`."


def _name(key: str) -> str:
    return f"_work_{key}"
