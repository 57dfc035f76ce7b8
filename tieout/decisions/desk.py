"""Where people decide: every rule is held here, whoever asks, be it a command or a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tieout.access import ROLES
from tieout.cards import truncate_text
from tieout.contracts import ANSWERS, DECIDING_ROLES, PROPOSALS, WORK
from tieout.decisions.attachments import Attachments
from tieout.decisions.policy import DecisionPolicy
from tieout.decisions.record import (
    APPROVING_ROLES,
    LIMITED,
    Decision,
    DecisionRefused,
    Person,
    as_json,
)
from tieout.decisions.seen import Item, Seen
from tieout.decisions.store import Content, DecisionStore
from tieout.editions import Editions
from tieout.scope import EVERY_ROW, RowScope
from tieout.settings import Workspace

# How many items a decision is about: from, to.
_COUNTS = {"match": (2, None), "dismiss": (2, 2)}
_OPEN: tuple[str, ...] = ("broken", "in_transit")
_BROKEN: tuple[str, ...] = ("broken",)
# What is given up, posted or explained must be known to be wrong; what may still come is neither.
# A remark, a file or a claim can be about any item.
_MUST_BE = {"match": _OPEN, "dismiss": _OPEN, "assign": _OPEN}
_MUST_BE |= dict.fromkeys(("write_off", "adjust", "explain"), _BROKEN)
# What a kind says of the time after it, beside the item.
_AFTER = {"assign": {"owner"}, "link": {"claim"}, "attach": {"sha256", "name", "bytes"}}
# What needs words: why these must be there.
_NEEDS_NOTE = {"comment": "that is the comment", "adjust": "that says what is to be posted"}
_REST_OF_MATCH = (("write_off", "match"), ("adjust", "match"))
_LONGEST = 4_000  # characters of a text


@dataclass(frozen=True)
class Standing:
    """A proposal, and where it stands by the rows of the store alone.

    `state` is stands, waiting (for approval), refused or revoked; `answer` is what made it so.
    Whether it still holds for the data is for the next run to say.
    """

    decision: Decision
    state: str
    answer: Decision | None = None


class Desk:
    """Takes decisions on what the current edition of a workspace says, and stores them."""

    def __init__(self, workspace: Workspace, policy: DecisionPolicy | None = None) -> None:
        self.store = DecisionStore.of(workspace)
        self.editions = Editions(workspace.editions)
        self.attachments = Attachments(workspace.attachments)
        self.policy = policy or DecisionPolicy.load()

    def propose(
        self,
        kind: str,
        person: Person,
        item_ids: Sequence[str],
        *,
        reason: str | None = None,
        note: str | None = None,
        after: Mapping[str, str] | None = None,
    ) -> Standing:
        """Match items, write one off, have it adjusted, explain it, or dismiss a suggested pair;
        or work on one: assign it to an owner, comment, attach a file, link it to a claim.

        `after` is ``{"owner"}`` of an assignment and ``{"claim"}`` of a link; a file is attached by
        `attach`. The ids may be abbreviated. `DecisionRefused` where a rule speaks against it.
        """
        _check(person, note, kind in PROPOSALS, DECIDING_ROLES)
        if (reason is None) != (kind in WORK):
            needs = f"needs a reason: {self._reasons()}" if reason is None else "takes no reason"
            raise DecisionRefused(f"to {_words(kind)} {needs}")
        if reason is not None:
            self._check_reason(reason, note)
        self._check_after(kind, note, after or {})
        with Seen(self.editions, person.scope) as seen:
            items = seen.items(item_ids)
            _check_items(kind, items, seen)
            before = _landable(seen.describe(kind, items))
            states = seen.states()

        def decide(known: Sequence[Decision]) -> Content:
            ids = [item.item_id for item in items]
            self._check_conflicts(kind, ids, known, states)
            return {
                "kind": kind,
                "leg": items[0].leg,
                "item_ids": as_json(ids),
                "reason_code": reason,
                "note": note,
                "actor": person.actor.strip(),
                "role": person.role,
                "decided_at": _now(),
                "about": None,
                "before": before,
                "after": as_json({k: v.strip() for k, v in after.items()}) if after else None,
            }

        return self._standing(self.store.append(decide), ())

    def attach(
        self, person: Person, item_id: str, name: str, data: bytes, note: str | None = None
    ) -> Standing:
        """Keep a file beside the decisions and say that it belongs to an item.

        The same file is kept once, however often it is attached.
        """
        _check(person, note, True, DECIDING_ROLES)
        after = {"sha256": self.attachments.keep(data), "name": name, "bytes": str(len(data))}
        return self.propose("attach", person, [item_id], note=note, after=after)

    def answer(
        self,
        kind: str,
        person: Person,
        about: str,
        *,
        reason: str | None = None,
        note: str | None = None,
    ) -> Standing:
        """Approve, refuse or revoke a proposal, named by its id or the beginning of it.

        Returns the proposal as it stands now.
        """
        _check(
            person, note, kind in ANSWERS, DECIDING_ROLES if kind == "revoke" else APPROVING_ROLES
        )
        if reason is not None:
            self._check_reason(reason, note)
        first = self.find(about.strip(), person.scope)
        before = self._seen_again(first.decision) if kind == "approve" else None

        def decide(known: Sequence[Decision]) -> Content:
            # Another process may have answered since.
            now = self._standing(first.decision, known)
            _check_answer(kind, person, now)
            return {
                "kind": kind,
                "leg": now.decision.leg,
                "item_ids": now.decision.item_ids,
                "reason_code": reason,
                "note": note,
                "actor": person.actor.strip(),
                "role": person.role,
                "decided_at": _now(),
                "about": now.decision.decision_id,
                "before": before,
                "after": None,
            }

        return self._standing(first.decision, [self.store.append(decide)])

    def standings(self, scope: RowScope = EVERY_ROW) -> list[Standing]:
        """Every proposal on items of a scope, in the order in which it was made."""
        known = self.store.all()
        proposals = self._within(scope, [d for d in known if d.kind in PROPOSALS])
        return [self._standing(d, known) for d in proposals]

    def _within(self, scope: RowScope, proposals: list[Decision]) -> list[Decision]:
        """The proposals whose items are all of the scope, in the editions they were decided on."""
        if not scope.is_limited:
            return proposals
        theirs = set()
        for edition_id in {d.seen["edition"] for d in proposals}:
            there = [d for d in proposals if d.seen["edition"] == edition_id]
            with Seen(self.editions, scope, edition_id) as seen:
                ids = seen.known([item_id for d in there for item_id in d.items])
            theirs |= {d.decision_id for d in there if ids.issuperset(d.items)}
        return [d for d in proposals if d.decision_id in theirs]

    def find(self, decision_id: str, scope: RowScope = EVERY_ROW) -> Standing:
        """The proposal of this id, or of the one id that begins so."""
        found = [
            standing
            for standing in self.standings(scope)
            if decision_id and standing.decision.decision_id.startswith(decision_id)
        ]
        if len(found) != 1:
            many = "more than one" if found else "no"
            raise DecisionRefused(
                f"there is {many} proposal {decision_id!r}: see tieout decide list"
            )
        return found[0]

    def _standing(self, proposal: Decision, known: Iterable[Decision]) -> Standing:
        answers = {d.kind: d for d in known if d.about == proposal.decision_id}
        for kind, state in (("revoke", "revoked"), ("refuse", "refused"), ("approve", "stands")):
            if kind in answers:
                return Standing(proposal, state, answers[kind])
        return Standing(proposal, "waiting" if self._needs_approval(proposal) else "stands")

    def _needs_approval(self, proposal: Decision) -> bool:
        day = date.fromisoformat(proposal.decided_at[:10])
        return proposal.kind in LIMITED and not self.policy.is_enough(
            proposal.kind, proposal.role, day, proposal.seen
        )

    def _check_after(self, kind: str, note: str | None, after: Mapping[str, str]) -> None:
        if kind in _NEEDS_NOTE and not (note or "").strip():
            raise DecisionRefused(f"to {_words(kind)} needs a note {_NEEDS_NOTE[kind]}")
        wanted = _AFTER.get(kind, set())
        missing = [name for name in sorted(wanted) if not after.get(name, "").strip()]
        if missing or set(after) - wanted:
            takes = " and ".join(missing or sorted(wanted)) or "nothing beside its items"
            raise DecisionRefused(f"to {_words(kind)} takes {takes}")
        for name, text in after.items():
            if name != "sha256":
                _check_text(name, text)
        if kind == "attach" and not self.attachments.has(after["sha256"]):
            raise DecisionRefused("there is no such file beside the decisions")

    def _check_reason(self, reason: str, note: str | None) -> None:
        if reason not in self.policy.reasons:
            raise DecisionRefused(f"{reason!r} is no reason code; there are: {self._reasons()}")
        if reason == "other" and not note:
            raise DecisionRefused("the reason 'other' needs a note that says which")

    def _reasons(self) -> str:
        return ", ".join(self.policy.reasons)

    def _check_conflicts(
        self, kind: str, ids: Sequence[str], known: Sequence[Decision], states: dict[str, str]
    ) -> None:
        """Refuse what would take an item twice.

        What the current edition shows as lapsed holds nothing any more. What it shows as in force
        is in the amounts that the person sees, so the rest of a match can be written off.
        """
        if kind not in LIMITED:
            return
        for standing in (self._standing(d, known) for d in known if d.kind in LIMITED):
            other = standing.decision
            state = states.get(other.decision_id)
            shown = state == "in_force" and (kind, other.kind) in _REST_OF_MATCH
            if standing.state in ("stands", "waiting") and state != "lapsed" and not shown:
                for item_id in sorted({*ids} & {*other.items}):
                    raise DecisionRefused(
                        f"item {item_id} is in decision {other.decision_id} already "
                        f"({_words(other.kind)} by {other.actor}, {standing.state}): "
                        "run, or revoke that one first"
                    )

    def _seen_again(self, proposal: Decision) -> str:
        """What the approver sees; refused where it is not what the other person saw."""
        with Seen(self.editions) as seen:
            items = seen.items(proposal.items)
            _check_items(proposal.kind, items, seen)
            now = seen.describe(proposal.kind, items)
        for then, item in zip(proposal.seen["items"], now["items"], strict=True):
            if any(then[name] != item[name] for name in ("left_minor", "right_minor", "currency")):
                raise DecisionRefused(
                    f"item {item['item_id']} is not what {proposal.actor} saw: its amounts have "
                    "changed since; it must be decided anew"
                )
        return _landable(now)


def _landable(seen: dict[str, Any]) -> str:
    """What was seen as JSON, if it survives the ingest, which cuts what looks like a card."""
    text = as_json(seen)
    if truncate_text(text) != text:
        raise DecisionRefused("an amount of the items looks like a card number and would be cut")
    return text


def _check(person: Person, note: str | None, is_kind: bool, roles: Sequence[str]) -> None:
    if not is_kind:
        raise DecisionRefused("there is no such decision")
    if person.role not in ROLES:
        raise DecisionRefused(f"{person.role!r} is no role; there are: {', '.join(ROLES)}")
    if person.role not in roles:
        raise DecisionRefused(f"the role {person.role} may not do this: {' or '.join(roles)} may")
    if not person.actor.strip():
        raise DecisionRefused("a decision needs the name of who decides")
    _check_text("name", person.actor)
    _check_text("note", note or "")


def _check_text(what: str, text: str) -> None:
    if not text.isprintable():
        raise DecisionRefused(f"the {what} holds characters that cannot be printed")
    if len(text) > _LONGEST:
        raise DecisionRefused(f"the {what} has more than {_LONGEST} characters")
    if truncate_text(text) != text:
        raise DecisionRefused(f"the {what} holds what looks like a card number: leave it out")


def _check_items(kind: str, items: Sequence[Item], seen: Seen) -> None:
    least, most = _COUNTS.get(kind, (1, 1))
    if len(items) < least or (most and len(items) > most):
        wanted = f"{least} items" if most else f"{least} items or more"
        wanted = "one item" if most == 1 else wanted
        raise DecisionRefused(f"to {_words(kind)} takes {wanted}, not {len(items)}")
    for item in items:
        if item.status not in _MUST_BE.get(kind, (item.status,)):
            wanted = "open" if _MUST_BE[kind] == _OPEN else "broken"
            raise DecisionRefused(
                f"item {item.item_id} is {item.status.replace('_', ' ')} in the current edition "
                f"{seen.edition.edition_id}, not {wanted}"
            )
    legs = sorted({item.leg for item in items})
    if len(legs) > 1:
        raise DecisionRefused(f"the items are of different legs: {', '.join(legs)}")
    currencies = sorted({item.currency for item in items})
    of_two = [item.item_id for item in items if item.break_type == "currency_mismatch"]
    if kind in LIMITED and (len(currencies) > 1 or of_two):
        raise DecisionRefused(
            "amounts in different currencies have no sum and no difference: "
            + (f"item {of_two[0]} has two" if of_two else ", ".join(currencies))
        )
    if kind == "dismiss" and not seen.is_suggested(items):
        raise DecisionRefused("the two are no suggested pair of the current edition")


def _check_answer(kind: str, person: Person, now: Standing) -> None:
    proposal = now.decision
    if now.state in ("refused", "revoked"):
        who = now.answer.actor if now.answer else "somebody"
        raise DecisionRefused(f"decision {proposal.decision_id} was {now.state} by {who}")
    if kind != "revoke" and now.state != "waiting":
        how = f"was approved by {now.answer.actor}" if now.answer else "needs no approval"
        raise DecisionRefused(f"decision {proposal.decision_id} {how}; it can be revoked")
    if kind != "revoke" and person.is_same(proposal.actor):
        instead = "another person must" if kind == "approve" else "revoke it instead"
        raise DecisionRefused(f"nobody may {kind} a decision of their own: {instead}")


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
