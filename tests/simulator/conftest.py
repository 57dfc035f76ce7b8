"""Small worlds of three seeds, each with every error planted and without any."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from tests.simulator.reading import World
from tieout.simulator import DEMO_MONTHS, ErrorRates, parse_months, simulate

# An isolated month with a tail, two months in a row, and a last month that is cut at its end.
MONTHS = parse_months("2011-10,2014-10..2014-11,2017-10")
# By seed: the second has two contracts of fees, the third all currencies and products.
WORLDS: dict[int, dict[str, Any]] = {
    7: {"months": MONTHS, "payments_per_month": 2_000},
    11: {"months": parse_months("2017-12..2018-01"), "payments_per_month": 1_500},
    23: {"months": parse_months("2020-10,2024-10"), "payments_per_month": 2_000},
}
ERRORS = {"clean": ErrorRates.none(), "flawed": ErrorRates.scaled(Fraction(4))}

MakeWorld = Callable[..., World]


@pytest.fixture(scope="session")
def make_world(tmp_path_factory: pytest.TempPathFactory) -> MakeWorld:
    def make(errors: ErrorRates, **changed: Any) -> World:
        home = tmp_path_factory.mktemp("world")
        inbox, truth = home / "inbox", home / "truth"
        arguments = {"seed": 7} | WORLDS[7] | changed
        summary = simulate(inbox, truth, errors=errors, **arguments)
        return World(inbox, truth, summary, arguments["months"][-1].last_day)

    return make


@pytest.fixture(scope="session")
def world_of(make_world: MakeWorld) -> MakeWorld:
    """One of the worlds, made once."""

    @cache
    def made(name: str, seed: int) -> World:
        return make_world(ERRORS[name], seed=seed, **WORLDS[seed])

    return made


@pytest.fixture(scope="session")
def clean(world_of: MakeWorld) -> World:
    return world_of("clean", 7)


@pytest.fixture(scope="session")
def flawed(world_of: MakeWorld) -> World:
    return world_of("flawed", 7)


@pytest.fixture(scope="session")
def demo(make_world: MakeWorld) -> World:
    """The months and errors of the demo at full size. Only the company's own files are read."""
    arguments = {"months": DEMO_MONTHS, "payments_per_month": None, "columnar": True}
    return make_world(ErrorRates().changed({"journal_unbalanced": Fraction(0)}), **arguments)


@pytest.fixture(params=WORLDS)
def any_clean(world_of: MakeWorld, request: pytest.FixtureRequest) -> World:
    return world_of("clean", request.param)


@pytest.fixture(params=WORLDS)
def any_flawed(world_of: MakeWorld, request: pytest.FixtureRequest) -> World:
    return world_of("flawed", request.param)


@pytest.fixture(params=[(name, seed) for name in ERRORS for seed in WORLDS], ids=str)
def any_world(world_of: MakeWorld, request: pytest.FixtureRequest) -> World:
    return world_of(*request.param)
