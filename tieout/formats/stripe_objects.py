"""Stripe's objects as its API gives them: JSON Lines, lists, single objects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np
import pyarrow.compute as pc

from tieout.formats.amounts import flat
from tieout.formats.base import Finding, Head, Part, Quarantined, Structural
from tieout.formats.delimited import BLOCK_BYTES
from tieout.formats.documents import as_lines, documents, is_lines
from tieout.formats.draft import Block
from tieout.formats.stripe_rows import (
    FIELDS,
    disputes,
    payments,
    payouts,
    readable,
    refunds,
    settlement_lines,
)
from tieout.formats.structured import json_blocks

ROWS: Mapping[str, Callable[[Block], Iterator[Part]]] = {
    "balance_transaction": settlement_lines,
    "charge": payments,
    "refund": refunds,
    "dispute": disputes,
    "payout": payouts,
}
_NOT_ONE = {
    "": "the object does not say what it is",
    "list": "a page of a list stands among single objects: send pages by themselves",
}
_KIND_MAX = 40
_OBJECT = re.compile(r'"object"\s*:\s*"(?:[a-z_.]+)"')
_ID = re.compile(r'"id"\s*:\s*"(?:txn|ch|py|pi|re|pyr|dp|du|po|card|cus|in|evt|tr|sub|acct)_')


class StripeObjects:
    """Reads balance transactions, charges, refunds, disputes and payouts."""

    format: ClassVar[str] = "stripe_objects"
    version: ClassVar[int] = 2
    source: ClassVar[str] = "stripe"
    title: ClassVar[str] = "Stripe API objects (JSON, JSON Lines)"

    def recognises(self, head: Head) -> bool:
        """JSON objects that name their kind and have Stripe's ids."""
        text = head.text
        is_json = text.lstrip()[:1] in ("{", "[")
        return is_json and bool(_OBJECT.search(text) and _ID.search(text))

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """The rows of each kind; objects that move no money are counted and named."""
        names = list(dict.fromkeys(FIELDS))
        others = Counter[str]()
        with path.open("rb") as file:
            for item in json_blocks(_lines(file, path), names, block_bytes, free=".*"):
                if isinstance(item, Block):
                    yield from self._parts(item, others)
                else:
                    yield item
        if others:
            counts = ", ".join(f"{count} {kind}" for kind, count in sorted(others.items()))
            yield Finding("objects_without_effect", f"objects that are no rows: {counts}")

    def _parts(self, block: Block, others: Counter[str]) -> Iterator[Part]:
        yield from block.accounted
        block = replace(block, accounted=())
        kinds = flat(block.table["object"]).fill_null("")
        for kind in sorted(pc.unique(kinds).to_pylist()):
            part = block.only(pc.equal(kinds, kind))
            if kind in ROWS:
                yield from ROWS[kind](readable(part))
            elif kind in _NOT_ONE:
                texts = part.originals(np.ones(len(part.lines), np.bool_))
                lines = part.lines.to_pylist()
                reasons = [_NOT_ONE[kind]] * len(lines)
                yield Quarantined.many(list(zip(lines, texts, reasons, strict=True)))
            else:
                others[kind if len(kind) <= _KIND_MAX else f"{kind[:_KIND_MAX]}…"] += len(
                    part.lines
                )
                yield Structural(len(part.lines))


def _lines(file: BinaryIO, path: Path) -> BinaryIO:
    """The file where each line is an object; else its objects, numbered in their order."""
    if is_lines(Head.of(path, path.name), _is_single):
        return file
    objects = [each for document in documents(file) for each in _unrolled(document)]
    return as_lines(objects)


def _is_single(document: dict[str, Any]) -> bool:
    return isinstance(document.get("object"), str) and document["object"] != "list"


def _unrolled(document: Any) -> Iterator[Any]:
    """The objects of a list, of a page of one, and of a file of resources."""
    if isinstance(document, list):
        yield from document
    elif not isinstance(document, dict):
        yield document
    elif document.get("object") == "list" and isinstance(document.get("data"), list):
        yield from document["data"]
    elif isinstance(document.get("resources"), dict):
        yield from document["resources"].values()
    else:
        yield document
