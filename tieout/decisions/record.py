"""One decision of a person, as it is stored, hashed and landed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tieout.scope import EVERY_ROW, RowScope

# A second person must stand behind these above the limit of policy.
LIMITED = ("match", "write_off", "adjust")

APPROVING_ROLES = ("approver", "admin")

_ID_LENGTH = 32


class DecisionRefused(Exception):
    """The rules do not allow the decision; nothing was stored. The message says why."""


@dataclass(frozen=True)
class Person:
    """Who decides, in which role, and which rows they may see.

    None of it is proven here: that is for whoever asks them in.
    """

    actor: str
    role: str
    scope: RowScope = EVERY_ROW

    def is_same(self, actor: str) -> bool:
        """Whether a name is this person's, however it is written: Ann is ann."""
        return self.actor.strip().lower() == actor.strip().lower()


@dataclass(frozen=True)
class Decision:
    """One row of the store.

    `sequence` counts all decisions from 1 without a gap. `item_ids` and `before` are JSON text:
    the items in the order of their ids, and what the person saw of them, which is
    ``{"edition", "items": [{"item_id", "left_minor", "right_minor", "currency", "status"}],
    "value_minor", "currency", "value_reporting_minor", "reporting_currency"}``, with amounts in
    minor units. `about` is the decision that an approval, refusal or revocation answers. `after` is
    JSON text of what is so from now on, for those kinds that change more than the item: see
    `after`. `decided_at` is ISO 8601 in UTC, to the microsecond.
    """

    sequence: int
    decision_id: str
    kind: str
    leg: str
    item_ids: str
    reason_code: str | None
    note: str | None
    actor: str
    role: str
    decided_at: str
    about: str | None
    before: str | None
    after: str | None = None

    @classmethod
    def of(cls, sequence: int, content: Mapping[str, Any]) -> Decision:
        """A decision with its place in the store, and the id that follows from both."""
        return cls(sequence=sequence, decision_id=_hash(sequence, content), **content)

    @property
    def is_intact(self) -> bool:
        """Whether the row still says what its id was made from."""
        content = {name: value for name, value in vars(self).items() if name in CONTENT}
        return self.decision_id == _hash(self.sequence, content)

    @cached_property
    def items(self) -> tuple[str, ...]:
        """The ids of its items, sorted."""
        return tuple(json.loads(self.item_ids))

    @cached_property
    def seen(self) -> dict[str, Any]:
        """What the person saw; empty for a refusal and a revocation."""
        seen: dict[str, Any] = json.loads(self.before) if self.before else {}
        return seen

    @cached_property
    def then(self) -> dict[str, Any]:
        """What is so from now on; empty for kinds that change the item alone."""
        then: dict[str, Any] = json.loads(self.after) if self.after else {}
        return then

    def line(self) -> bytes:
        """The decision as one line of JSON, with what is JSON in itself as a part of it."""
        row = {name: getattr(self, name) for name in ("sequence", "decision_id", *CONTENT)}
        row["item_ids"], row["before"] = json.loads(self.item_ids), self.seen or None
        row["after"] = self.then or None
        return as_json(row).encode() + b"\n"


CONTENT = (
    "kind",
    "leg",
    "item_ids",
    "reason_code",
    "note",
    "actor",
    "role",
    "decided_at",
    "about",
    "before",
    "after",
)


def as_json(value: object) -> str:
    """The one way in which decisions are written as JSON."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _hash(sequence: int, content: Mapping[str, Any]) -> str:
    said = {name: content.get(name) for name in CONTENT}
    if said["after"] is None:  # as decisions were hashed before there was one
        del said["after"]
    text = as_json({"sequence": sequence, **said})
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_LENGTH]
