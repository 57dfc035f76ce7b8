"""Decisions on their way into the run: landed as files, like all else that a run reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tieout.decisions.record import Decision
from tieout.decisions.store import DecisionStore
from tieout.landing import Delivery, Landing
from tieout.settings import DECISIONS_ORIGIN, ConfigurationError


def land_decisions(store: DecisionStore, landing: Landing, arrival_day: date) -> list[Delivery]:
    """Land the decisions that were not landed yet as one file of JSON Lines; none where none is."""
    new = not_landed(store, landing)
    if not new:
        return []
    data = b"".join(decision.line() for decision in new)
    origin = f"{DECISIONS_ORIGIN}/{new[0].sequence}-{new[-1].sequence}.jsonl"
    return [landing.land_bytes(data, origin, arrival_day)]


def not_landed(store: DecisionStore, landing: Landing) -> Sequence[Decision]:
    """The decisions after the last one that was landed.

    `ConfigurationError` where the store has fewer than were landed: then it is not the store they
    came from, or somebody has removed some.
    """
    decisions = store.all()
    landed = max(map(_last, landing.deliveries()), default=0)
    if landed > len(decisions):
        raise ConfigurationError(
            f"{landed} decisions were landed, but the store has {len(decisions)}: it is not the "
            "one that they came from, or it was damaged; restore it"
        )
    return decisions[landed:]


def _last(delivery: Delivery) -> int:
    """The number of the last decision of a delivery; 0 where it is none of decisions."""
    folder, _, name = delivery.origin.rpartition("/")
    if folder != DECISIONS_ORIGIN or not delivery.is_extract:
        return 0
    return int(name.removesuffix(".jsonl").partition("-")[2])
