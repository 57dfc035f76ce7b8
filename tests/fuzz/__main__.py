"""The command: so many inputs a format, continued from what an earlier sitting recorded.

The company's own tables are one format, and so are the mapped ones: each time it is one reader that
is told the columns. They share the inputs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import tests.fuzz
from tests.fuzz import fuzz, readers

CHUNK = 250
_SHOWN = 20
_ONE_READER = ("own_", "mapped_")


@dataclass(frozen=True)
class Result:
    """How far a reader has come with the inputs of a seed: how many, CPU seconds, what was wrong.

    Another seed, version or code of the reader starts anew. Its code is that of its source
    (``stripe*.py``) without what all readers share; `commit` is where the last inputs were read.
    """

    seed: int
    version: int
    code: str
    commit: str
    inputs: int = 0
    seconds: float = 0.0
    wrong: tuple[str, ...] = ()

    @classmethod
    def none(cls, name: str, seed: int) -> Result:
        """The result of a reader that has read nothing."""
        reader, digest = readers()[name], sha256()
        module = Path(str(sys.modules[type(reader).__module__].__file__))
        for path in sorted(module.parent.glob(f"{module.stem.split('_')[0]}*.py")):
            digest.update(path.read_bytes())
        return cls(seed, reader.version, digest.hexdigest()[:12], _commit())

    def continued(self, earlier: Result | None) -> Result:
        """What an earlier sitting came to, where it is of the same; else this."""
        if earlier and replace(earlier, commit=self.commit, **_REACHED) == replace(
            self, **_REACHED
        ):
            return earlier
        return self

    def line(self, name: str) -> str:
        """The result in words."""
        return f"{name}: {self.inputs} inputs, {len(self.wrong)} wrong, {self.seconds:.0f} s"


_REACHED = {"inputs": 0, "seconds": 0.0, "wrong": ()}


def run(
    results: dict[str, Result], inputs: int, pool: ProcessPoolExecutor, keep: Path | None
) -> Iterator[str]:
    """Bring each result to so many inputs, the cheapest first; yields each name after each chunk.

    What is cheap is known from a chunk of each, which comes before.
    """
    for name in [name for name, result in results.items() if not result.inputs]:
        yield from _forward(name, results, min(CHUNK, inputs), pool, keep)
    for name in sorted(results, key=lambda name: results[name].seconds / results[name].inputs):
        yield from _forward(name, results, due(name, results, inputs), pool, keep)


def due(name: str, names: Collection[str], inputs: int) -> int:
    """How many inputs a format comes to, where formats of one reader are among those named."""
    sharing = [
        sum(other.startswith(prefix) for other in names)
        for prefix in _ONE_READER
        if name.startswith(prefix)
    ]
    return -(-inputs // max(sharing, default=1))


def _forward(
    name: str, results: dict[str, Result], inputs: int, pool: ProcessPoolExecutor, keep: Path | None
) -> Iterator[str]:
    seed, starts = results[name].seed, range(results[name].inputs, inputs, CHUNK)
    tasks = [pool.submit(_timed, name, at, min(at + CHUNK, inputs), seed, keep) for at in starts]
    for at, task in zip(starts, tasks, strict=True):
        seconds, wrong = task.result()
        before = results[name]
        results[name] = replace(
            before,
            commit=_commit(),
            inputs=min(at + CHUNK, inputs),
            seconds=round(before.seconds + seconds, 1),
            wrong=(*before.wrong, *wrong),
        )
        yield name


@cache
def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.check_output(command, text=True, cwd=Path(__file__).parent).strip()


def _timed(
    name: str, first: int, last: int, seed: int, keep: Path | None
) -> tuple[float, list[str]]:
    started = time.process_time()
    wrong = fuzz(name, first, last, seed, keep)
    return time.process_time() - started, wrong


def _read(path: Path | None) -> dict[str, Result]:
    if path is None or not path.exists():
        return {}
    found = json.loads(path.read_text())
    return {name: Result(**{**each, "wrong": tuple(each["wrong"])}) for name, each in found.items()}


def _write(path: Path, results: dict[str, Result]) -> None:
    text = json.dumps({name: asdict(each) for name, each in sorted(results.items())}, indent=1)
    beside = path.with_suffix(".part")
    beside.write_text(text + "\n")
    beside.replace(path)


def main() -> int:
    """Parse the arguments, fuzz, and say what was found."""
    parser = argparse.ArgumentParser(description=tests.fuzz.__doc__.splitlines()[0])
    parser.add_argument("--format", choices=sorted(readers()), help="one format; all by default")
    parser.add_argument("--inputs", type=int, default=1000, help="inputs a format")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--record", type=Path, help="a file of results to continue from")
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that went wrong")
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    recorded = _read(arguments.record)
    names = [arguments.format] if arguments.format else sorted(readers())
    results = {
        name: Result.none(name, arguments.seed).continued(recorded.get(name)) for name in names
    }
    with ProcessPoolExecutor(arguments.processes) as pool:
        for name in run(results, arguments.inputs, pool, arguments.keep):
            if arguments.record:
                _write(arguments.record, recorded | results)
            if results[name].inputs >= due(name, results, arguments.inputs):
                print(results[name].line(name), flush=True)
    for line in [line for result in results.values() for line in result.wrong][:_SHOWN]:
        print(f"  {line[:300]}", flush=True)
    return int(any(result.wrong for result in results.values()))


if __name__ == "__main__":
    sys.exit(main())
