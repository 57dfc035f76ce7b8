"""Deciding on items: who decides, the form, what was decided, and undo."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import streamlit as st

from dashboards import data, identity
from dashboards.components.money import money, plural
from dashboards.components.words import words
from dashboards.context import Context
from dashboards.queries import breaks as queries
from tieout.contracts import DECIDING_ROLES, JUDGEMENTS
from tieout.decisions.desk import Standing
from tieout.decisions.record import DecisionRefused, Person
from tieout.settings import Workspace

_SAID, _UNDO = "_decided", "_undo"
_SHOWN_SECONDS = 60  # of what was said, unless something else is
NEXT_RUN = "takes effect with the next run"
_OUTCOMES = {"stands": NEXT_RUN, "waiting": "waits for approval"}


def person(context: Context) -> Person:
    """Who decides: who signed in, or in local mode whoever sits at this machine says they are."""
    if identity.sign_in(context.home):
        who = _who(context.home)
        st.markdown(f":gray[:material/person: {who.actor} ({who.role})]")
        return who
    known, machine = st.session_state, identity.person(context.home)
    known.setdefault("actor", machine.actor)
    known.setdefault("role", machine.role)
    label = f"Deciding as {known['actor']} ({known['role']})"
    with st.popover(label, icon=":material/person:", key="deciding"):
        st.text_input("Your name", key="actor")
        st.selectbox("Your role", DECIDING_ROLES, key="role")
        st.caption(
            "Local mode: a name is taken at its word. Decisions above a limit need another "
            "person, whatever the role."
        )
    return _who(context.home)


def _who(home: Workspace) -> Person:
    who, known = identity.person(home), st.session_state
    if identity.sign_in(home) or "actor" not in known:
        return who
    return replace(who, actor=known["actor"], role=known["role"])


@dataclass(frozen=True)
class Work:
    """What people have decided so far: the store is ahead of the edition until the next run.

    `known` is what the edition made of each decision that it knows: in_force, lapsed, …
    """

    standings: list[Standing]
    known: dict[str, str]
    reasons: dict[str, str]

    @classmethod
    def of(cls, context: Context) -> Work:
        """The work on the items that the person may see."""
        desk = data.desk(context.home)
        scope = identity.person(context.home).scope
        return cls(desk.standings(scope), queries.decision_states(context), desk.policy.reasons)

    @property
    def waiting(self) -> int:
        """How many decisions wait for another person."""
        return sum(standing.state == "waiting" for standing in self.standings)

    @cached_property
    def on_items(self) -> dict[str, list[Standing]]:
        """The proposals on each item that are neither refused nor revoked nor lapsed, in order."""
        found: dict[str, list[Standing]] = {}
        for standing in self.standings:
            lapsed = self.known.get(standing.decision.decision_id) == "lapsed"
            if standing.state in ("stands", "waiting") and not lapsed:
                for item in standing.decision.items:
                    found.setdefault(item, []).append(standing)
        return found

    @cached_property
    def owners(self) -> dict[str, str]:
        """Who is to look at which item."""
        return self._last("assign", "owner")

    @cached_property
    def claims(self) -> dict[str, str]:
        """Which claim of the other party an item is linked to."""
        return self._last("link", "claim")

    def _last(self, kind: str, name: str) -> dict[str, str]:
        return {
            item: str(standing.decision.then[name])
            for item, standings in self.on_items.items()
            for standing in standings
            if standing.decision.kind == kind
        }

    def judgement(self, item: str) -> Standing | None:
        """The last decision about what an item is, if there is one."""
        found = [s for s in self.on_items.get(item, []) if s.decision.kind in JUDGEMENTS]
        return found[-1] if found else None

    def state(self, standing: Standing) -> str:
        """Where a decision stands, in words: what the edition says, or that it waits for a run."""
        known = self.known.get(standing.decision.decision_id)
        if standing.state == "stands":
            return words(known).lower() if known in ("in_force", "lapsed") else NEXT_RUN
        if standing.state == "revoked" and known == "in_force":
            return f"revoked: {NEXT_RUN}"
        return {"waiting": "waits for approval"}.get(standing.state, standing.state)

    def summary(self, standing: Standing) -> str:
        """What a decision says, in a few words."""
        decision = standing.decision
        reason = self.reasons.get(decision.reason_code or "", decision.reason_code)
        parts = (reason, *(str(decision.then.get(n) or "") for n in ("owner", "claim", "name")))
        said = ": ".join(part for part in (*parts, decision.note) if part)
        return f"{words(decision.kind)}: {said}" if said else words(decision.kind)


def value(standing: Standing) -> str:
    """What a decision is about, in money."""
    seen = standing.decision.seen
    return money(int(seen["value_minor"]), seen["currency"])


def flash() -> None:
    """What the last action did, for a while, with a way to undo it."""
    kind, text, until = st.session_state.get(_SAID, ("", "", 0.0))
    if time.monotonic() > until:
        return
    with st.container(key="flash", horizontal=True, vertical_alignment="center"):
        {"success": st.success, "error": st.error}[kind](text)
        undo: list[str] = st.session_state.get(_UNDO, [])
        if undo:
            st.button("Undo", icon=":material/undo:", key="undo", on_click=_revoke, args=(undo,))


def propose(
    context: Context,
    who: Person,
    kind: str,
    groups: Sequence[Sequence[str]],
    *,
    reason: str | None = None,
    note: str | None = None,
    after: dict[str, str] | None = None,
) -> None:
    """One decision for each group of items; the page says what became of them all."""
    desk = data.desk(context.home)
    _take(
        kind,
        [
            lambda items=items: desk.propose(  # type: ignore[misc]
                kind, who, items, reason=reason, note=note, after=after
            )
            for items in groups
        ],
    )


def attach(
    context: Context, who: Person, item: str, name: str, content: bytes, note: str | None
) -> None:
    """Attach a file to an item; the page says what became of it."""
    desk = data.desk(context.home)
    _take("attach", [lambda: desk.attach(who, item, name, content, note)])


def _take(kind: str, actions: Sequence[Callable[[], Standing]]) -> None:
    made: list[Standing] = []
    refused: list[str] = []
    for action in actions:
        try:
            made.append(action())
        except DecisionRefused as error:
            refused.append(str(error))
    parts = []
    for state, outcome in _OUTCOMES.items():
        number = sum(one.state == state for one in made)
        if number:
            verb = outcome if number == 1 else outcome.replace("s ", " ", 1)
            parts.append(f"{plural(number, 'decision')} {verb}")
    if refused:
        some = plural(len(refused), "decision") + " " if made else ""
        parts.append(f"{some}refused: {'; '.join(dict.fromkeys(refused))}")
    _say("error" if refused else "success", f"{words(kind)}: {', '.join(parts)}.")
    st.session_state[_UNDO] = [one.decision.decision_id for one in made]
    st.rerun()


def answer(context: Context, who: Person, kind: str, decision_id: str) -> None:
    """Approve, refuse or revoke; the page says what became of it."""
    done = {"approve": "Approved", "refuse": "Refused", "revoke": "Revoked"}[kind]
    try:
        data.desk(context.home).answer(kind, who, decision_id)
        _say("success", f"{done}: it {NEXT_RUN}." if kind != "refuse" else f"{done}.")
    except DecisionRefused as error:
        _say("error", str(error))
    st.session_state[_UNDO] = []
    st.rerun()


def _revoke(decision_ids: Sequence[str]) -> None:
    home = data.workspace()
    if home is None:
        return
    refused = []
    for decision_id in decision_ids:
        try:
            data.desk(home).answer("revoke", _who(home), decision_id)
        except DecisionRefused as error:
            refused.append(str(error))
    if refused:
        _say("error", "; ".join(refused))
    else:
        _say("success", f"Undone: {plural(len(decision_ids), 'decision')} revoked.")
    st.session_state[_UNDO] = []


def _say(kind: str, text: str) -> None:
    until = time.monotonic() + _SHOWN_SECONDS
    st.session_state[_SAID] = (kind, text[0].upper() + text[1:], until)
