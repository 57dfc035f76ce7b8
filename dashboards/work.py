"""Work that may take long: in a thread of its own, it tells how far it is, and it can be stopped.

What the work does need not know of it: queries of the data layer are `stoppable`, and whoever
writes rows calls `tell`. Without work around them, both do nothing.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Generic, Protocol, TypeVar

Result = TypeVar("Result")

LIMIT_SECONDS = 15 * 60
_LOOK_SECONDS = 0.2
# Fewer than the queries that may run at a time, so that pages are answered whatever is exported.
_AT_A_TIME = threading.BoundedSemaphore(4)


class Stopped(Exception):
    """The work was stopped before its end; the message says why."""


class Interruptible(Protocol):
    """What runs something that another thread can break off, such as a connection of DuckDB."""

    def interrupt(self) -> None:
        """Break off what runs."""


class _Inside(Generic[Result]):
    """What the threads of a work share; nobody else holds it but their `Work`."""

    def __init__(self) -> None:
        self.rows = 0
        self.of: int | None = None
        self.result: Result | None = None
        self.error: Exception | None = None
        self.stop = threading.Event()
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self.connections: list[Interruptible] = []

    def check(self) -> None:
        """Raise `Stopped` where the work is to stop."""
        if self.stop.is_set():
            raise Stopped

    def interrupt(self) -> None:
        """Break off the queries that run; under the lock, none of them is being closed."""
        with self.lock:
            for connection in self.connections:
                connection.interrupt()


_CURRENT: ContextVar[_Inside[object] | None] = ContextVar("work", default=None)


def tell(rows: int, of: int | None = None) -> None:
    """Say how many rows are done, and of how many; `Stopped` where nobody wants them any more."""
    inside = _CURRENT.get()
    if inside is not None:
        inside.rows = rows
        inside.of = of if of is not None else inside.of
        inside.check()


@contextmanager
def stoppable(connection: Interruptible) -> Iterator[None]:
    """Queries on a connection are broken off when the work that asks them is to stop."""
    inside = _CURRENT.get()
    if inside is None:
        yield
        return
    inside.check()
    with inside.lock:
        inside.connections.append(connection)
    try:
        yield
    finally:
        with inside.lock:
            inside.connections.remove(connection)


class Work(Generic[Result]):
    """Something that is being done; it is stopped when nobody holds this any more."""

    def __init__(self, do: Callable[[], Result], limit_seconds: float = LIMIT_SECONDS) -> None:
        self._inside: _Inside[Result] = _Inside()
        self._started = time.monotonic()
        self._limit = limit_seconds
        self._why = ""
        weakref.finalize(self, self._inside.stop.set)
        deadline = self._started + limit_seconds
        for target, arguments in ((_do, (self._inside, do)), (_watch, (self._inside, deadline))):
            threading.Thread(target=target, args=arguments, daemon=True).start()

    @property
    def is_running(self) -> bool:
        """Whether it has not come to an end yet."""
        return not self._inside.ended.is_set()

    @property
    def seconds(self) -> float:
        """For how long it runs."""
        return time.monotonic() - self._started

    @property
    def rows(self) -> int:
        """How many rows are done."""
        return self._inside.rows

    @property
    def of(self) -> int | None:
        """Of how many; None where nobody knows."""
        return self._inside.of

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._inside.stop.is_set()

    @property
    def error(self) -> Exception | None:
        """Why it came to no result; `Stopped` where it was cancelled or took too long."""
        if not isinstance(self._inside.error, Stopped):
            return self._inside.error
        late = f"Stopped after {self._limit:.0f} s, which is as long as it may take"
        return Stopped(self._why or late)

    @property
    def result(self) -> Result:
        """What it came to; ask only where it has ended without an error."""
        assert self._inside.result is not None
        return self._inside.result

    def cancel(self) -> None:
        """Stop it: a query that runs is interrupted, and nothing is kept."""
        self._why = self._why or f"Cancelled after {self.seconds:.0f} s"
        self._inside.stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait so long for its end; whether it has come."""
        return self._inside.ended.wait(seconds)


def _do(inside: _Inside[Result], do: Callable[[], Result]) -> None:
    _CURRENT.set(inside)  # type: ignore[arg-type]  # of the thread, which ends with the work
    try:
        while not _AT_A_TIME.acquire(timeout=_LOOK_SECONDS):
            inside.check()
        try:
            result = do()
            inside.check()
            inside.result = result
        finally:
            _AT_A_TIME.release()
    except Exception as error:
        # An interrupted query says so in its own words.
        inside.error = Stopped() if inside.stop.is_set() else error
    finally:
        inside.ended.set()


def _watch(inside: _Inside[object], deadline: float) -> None:
    """Interrupt again and again: between two queries of a work an interrupt would be lost."""
    while not inside.ended.wait(_LOOK_SECONDS):
        if time.monotonic() > deadline:
            inside.stop.set()
        if inside.stop.is_set():
            inside.interrupt()
