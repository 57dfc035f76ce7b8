"""Who is looking. The one place that knows; the data layer asks it for every query.

With ``[sign_in]`` in the workspace's configuration, people sign in at the company's own provider.
Without it there is one person, whoever sits at this machine, and nobody is served elsewhere.
"""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import streamlit as st

from dashboards.serving import is_loopback
from tieout.access import NotAdmitted, SignIn
from tieout.contracts import DECIDING_ROLES
from tieout.decisions.record import Person
from tieout.settings import Workspace

# Who was given or denied something at the provider since then signs in anew. Seconds.
SESSION_SECONDS = 12 * 60 * 60

Result = TypeVar("Result")
_carried: ContextVar[Person | None] = ContextVar("person", default=None)


class NotSignedIn(Exception):
    """Nobody has signed in yet, or too long ago."""


def person(home: Workspace) -> Person:
    """Who is looking, in which role, and the rows that they may see.

    Raises `NotSignedIn`, or `NotAdmitted` with the reason why somebody sees nothing.
    """
    carried_here = _carried.get()
    if carried_here is not None:
        return carried_here
    rules = sign_in(home)
    if rules is None:
        return _local()
    known = claims()
    if not known.get("is_logged_in") or time.time() - _issued(known) > SESSION_SECONDS:
        raise NotSignedIn
    return rules.person(known)


def carried(home: Workspace, do: Callable[[], Result]) -> Callable[[], Result]:
    """Work for another thread, done as whoever looks now: no session tells that thread who it is.

    A file is made in such a thread when its button is pressed.
    """
    who = person(home)

    def do_as_them() -> Result:
        token = _carried.set(who)
        try:
            return do()
        finally:
            _carried.reset(token)

    return do_as_them


def sign_in(home: Workspace) -> SignIn | None:
    """The rules of signing in; None in local mode."""
    return _rules(str(home.home), home.config.stat().st_mtime_ns)


@st.cache_resource(max_entries=2, show_spinner=False)
def _rules(home: str, _changed: int) -> SignIn | None:
    return Workspace.open(Path(home)).settings().sign_in


def claims() -> Mapping[str, Any]:
    """What the provider says of who signed in, and whether somebody did."""
    return st.user.to_dict()


def _issued(known: Mapping[str, Any]) -> float:
    issued = known.get("iat")
    return float(issued) if isinstance(issued, int | float) else 0.0


def _local() -> Person:
    # Whatever the server was told to listen on: who comes from elsewhere, or by another name (as
    # through a proxy, or a page that points its own name here), is not the person at this machine.
    host = urlsplit(f"//{st.context.headers.get('Host') or 'localhost'}").hostname or ""
    sender = st.context.ip_address
    if not is_loopback(host) or (isinstance(sender, str) and not is_loopback(sender)):
        raise NotAdmitted(
            "Without sign-in, the dashboards serve one person on the machine they run on. "
            "To serve others, configure [sign_in] in tieout.toml."
        )
    role = os.environ.get("TIEOUT_ROLE")
    actor = os.environ.get("TIEOUT_ACTOR") or getpass.getuser()
    return Person(actor, role if role in DECIDING_ROLES else DECIDING_ROLES[0])
