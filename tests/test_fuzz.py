"""A few damaged files for every reader; `python -m tests.fuzz` is the long run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fuzz import damaged, fuzz, readers, seeds
from tests.fuzz.__main__ import due, main

INPUTS = 100


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(readers()))
def test_damage_is_refused_or_accounted_for(name: str) -> None:
    assert seeds()[name], f"{name} has no fixture to damage"
    assert fuzz(name, 0, INPUTS, seed=1, keep=None) == []


@pytest.mark.parametrize(
    ("name", "number"), [("mapped_giro", 45662), ("own_fx_rates", 2132), ("own_merchants", 1677)]
)
def test_what_the_long_run_found_stays_mended(name: str, number: int) -> None:
    assert fuzz(name, number, number + 1, seed=1, keep=None) == []


def test_the_same_seed_makes_the_same_inputs() -> None:
    originals = seeds()["mt940"]
    made = [damaged(f"1:{number}", originals) for number in range(50)]
    assert made == [damaged(f"1:{number}", originals) for number in range(50)]
    assert len(set(made) - set(originals)) > 40


def test_a_recorded_run_goes_on_where_it_stopped_until_the_reader_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "fuzz.json"

    def sitting(inputs: int) -> dict[str, int | str]:
        words = f"fuzz --format gzip_file --inputs {inputs} --record {record}"
        monkeypatch.setattr("sys.argv", words.split())
        assert main() == 0
        return json.loads(record.read_text())["gzip_file"]

    first = sitting(30)
    marked = json.loads(record.read_text())
    marked["gzip_file"]["wrong"] = ["gzip_file 7: found in the first sitting"]
    record.write_text(json.dumps(marked))
    with pytest.raises(AssertionError):
        sitting(60)
    second = json.loads(record.read_text())["gzip_file"]
    assert (first["inputs"], second["inputs"]) == (30, 60)
    assert second["wrong"] == marked["gzip_file"]["wrong"]

    marked["gzip_file"]["code"] = "of another reader"
    record.write_text(json.dumps(marked))
    assert sitting(30)["wrong"] == []


def test_the_tables_of_one_reader_share_the_inputs() -> None:
    names = ["gzip_file", "own_costs", "own_payments", "own_refunds"]
    assert [due(name, names, 100) for name in names] == [100, 34, 34, 34]
    assert due("own_costs", ["own_costs"], 100) == 100
