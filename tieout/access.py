"""Who may what: how a sign-in becomes a person with a role and the rows that they may see.

The rules themselves are held where they cannot be passed by: editions hand out rows by a
`RowScope`, and the desk takes decisions of a `Person`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tieout.decisions.record import Person
from tieout.scope import SCOPE_COLUMNS, RowScope

Role = Literal["viewer", "analyst", "approver", "auditor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
# Somebody in several roles acts in the first of these: who audits decides nothing, and of the
# others the one that may do most.
_STRONGEST: tuple[Role, ...] = ("auditor", "admin", "approver", "analyst", "viewer")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScopeRule(_Strict):
    """Keeps people, or everybody in a role, to the rows with the values of each column named."""

    people: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    processor: tuple[str, ...] | None = None
    merchant_id: tuple[str, ...] | None = None
    country: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _says_who_and_what(self) -> ScopeRule:
        if not self.people and not self.roles:
            raise ValueError("a scope names the people or the roles that it is for")
        if not self.allowed:
            raise ValueError(f"a scope names one of {', '.join(SCOPE_COLUMNS)}, with its values")
        return self

    @property
    def allowed(self) -> dict[str, tuple[str, ...]]:
        """By column, the values that a row may have."""
        found = {name: getattr(self, name) for name in SCOPE_COLUMNS}
        return {name: values for name, values in found.items() if values is not None}

    def is_for(self, actor: str, role: Role) -> bool:
        """Whether the rule is about somebody."""
        return role in self.roles or any(Person(name, role).is_same(actor) for name in self.people)


class SignIn(_Strict):
    """Sign-in by OpenID Connect, and what its claims mean here.

    `roles` says which role each value of the claim `role_claim` stands for. Secrets stand in
    environment variables; their names stand here.
    """

    provider: str = Field(pattern=r"^https?://")
    client_id: str
    client_secret_env: str
    cookie_secret_env: str
    address: str
    person_claim: str
    role_claim: str
    roles: dict[str, Role]
    scopes: tuple[ScopeRule, ...] = ()

    @field_validator("address")
    @classmethod
    def _bare(cls, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
            raise ValueError(f"{address!r} is not an address such as https://tieout.example.com")
        return address.rstrip("/")

    def person(self, claims: Mapping[str, Any]) -> Person:
        """Who the claims of the provider say somebody is.

        `NotAdmitted` says why somebody who signed in may see nothing.
        """
        actor = str(claims.get(self.person_claim) or "").strip()
        if not actor:
            raise NotAdmitted(f"The sign-in names nobody: it lacks the claim {self.person_claim}.")
        if self.person_claim == "email" and claims.get("email_verified") is False:
            raise NotAdmitted(f"The address {actor} is not verified by the sign-in.")
        held = {self.roles[value] for value in _values(claims, self.role_claim) & set(self.roles)}
        if not held:
            raise NotAdmitted(f"{actor} has no role here. An administrator can give one.")
        role = next(role for role in _STRONGEST if role in held)
        return Person(actor, role, self._scope(actor, role))

    def _scope(self, actor: str, role: Role) -> RowScope:
        """What every rule about somebody allows: one more rule never shows one more row."""
        allowed: dict[str, set[str]] = {}
        for rule in self.scopes:
            if rule.is_for(actor, role):
                for name, values in rule.allowed.items():
                    allowed[name] = allowed.get(name, set(values)) & set(values)
        return RowScope.of(allowed)


class NotAdmitted(Exception):
    """Somebody signed in but may see nothing; the message says why."""


def _values(claims: Mapping[str, Any], name: str) -> set[str]:
    value = claims.get(name)
    many: Sequence[Any] = value if isinstance(value, list | tuple) else [value]
    return {one for one in many if isinstance(one, str)}
