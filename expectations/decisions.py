"""Decisions: one decision of a person."""

from expectations.common import unexpected_rows

EXPECTATIONS = [
    unexpected_rows(
        "(kind in ('approve', 'refuse', 'revoke')) <> (about is not null)",
        "An answer says what it is about, and nothing else does.",
    ),
    unexpected_rows(
        "kind not in ('refuse', 'revoke') and before is null",
        "Who proposes or approves has seen something.",
    ),
]
