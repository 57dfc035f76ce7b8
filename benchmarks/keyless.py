"""Keyless matching: precision, recall, seconds and peak memory of each case.

python -m benchmarks.keyless [--sample FOLDER] [--lines 43000] [--seeds 21 22 23] [--json FILE]

FOLDER holds ledger.csv, bank.csv and truth.csv of the labelled sample; without it only the
generated sets run. A generated set is written as it is, with 10% and with 30% of the lines of each
side removed. Truth is read by the score alone.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.matching.generator import World, generate, score
from tests.matching.hardened import Case, folded, removed, sample
from tieout.matching.keyless import match

WORLDS = (
    World(initials=0.85, initial_surnames=0.6, surnames=120),
    World(
        days=120,
        fx=0.04,
        equal=0.1,
        charge=0.4,
        flat=(150, 2500),
        cut=(18, 22),
        lags=(0, 0.1, 0.15, 0.15, 0.1) + (0.03,) * 17,
        types=("BACS", "CARD", "CHAPS", "FPS", "SEPA"),
        purposes=("invoice", "loan", "#", "refund", "fees", "deposit"),
    ),
    World(days=300, surnames=1000, initials=0.2, initial_surnames=0.05, fx=0.08, heaps=0.4),
    World(days=90, upper=True, drop_purpose=0.6, drop_type=0.6, cut=(12, 12), cut_share=(0.9, 0.9)),
    World(repeated=0.3),
)
REMOVED = (0.0, 0.1, 0.3)


def measured(case: Case) -> dict[str, object]:
    """What one case costs and gives."""
    left, right, truth = case
    wall, cpu = time.perf_counter(), time.process_time()
    result = match(left, right)
    seconds = {
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
    }
    precision, recall = score(result.pairs, truth)
    status = result.pairs["status"].to_pylist()
    return {
        "precision": round(precision, 5),
        "recall": round(recall, 4),
        "matched": status.count("matched"),
        "false": round((1 - precision) * status.count("matched")),
        "suggested": status.count("suggested"),
        "decoys": f"{result.decoys.accepted}/{result.decoys.planted}",
        "estimated_false": result.decoys.estimated_false_matches,
        "candidates": sum(result.lines["candidate_count"].to_pylist()) // 2,
        **seconds,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def cases(folder: Path | None, lines: int, seeds: list[int]) -> Iterator[tuple[str, Case]]:
    """The sample and its hardened variants, then the generated sets."""
    if folder:
        yield "sample", sample(folder)
        for share in REMOVED[1:]:
            for seed in range(5):
                case = removed(folded(sample(folder), 6), share, seed)
                yield f"sample folded, {share:.0%} removed, seed {seed}", case
    for number, seed in enumerate(seeds):
        for share in REMOVED:
            world = replace(WORLDS[number % len(WORLDS)], lines=lines, seed=seed, removed=share)
            yield f"set {number % len(WORLDS)} seed {seed}, {share:.0%} removed", generate(world)


def main() -> None:
    """Parse the arguments, measure, print one line a case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=Path, help="folder of the labelled sample")
    parser.add_argument("--lines", type=int, default=43_000, help="lines a side of generated sets")
    parser.add_argument("--seeds", type=int, nargs="*", default=[21, 22, 23, 24, 25])
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    figures = {}
    for name, case in cases(arguments.sample, arguments.lines, arguments.seeds):
        figures[name] = measured(case)
        print(name, json.dumps(figures[name]), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
