"""The memo's parts, learnt from texts alone."""

from __future__ import annotations

import itertools

import pytest

from tieout.matching.memo import Memo, Vocabulary, learn, split

NAMES = [f"{a} {b}" for a in "ABCDEFGHIJ" for b in ("SMITH", "ORR", "KAY", "LUND", "SMITH")]
TAILS = ["rent BGC", "gift BGC", "rent", "BGC", "gift WRE", "4f1c77aa BGC", "9e02bd11", "WRE", ""]


@pytest.fixture(scope="module")
def known() -> Vocabulary:
    texts = [f"{n} {t}".strip() for n, t in itertools.product(NAMES, TAILS)]
    return learn(texts, [t[:11] for t in texts])


def test_closing_words_are_learnt_and_a_common_surname_is_none(known: Vocabulary) -> None:
    assert known.types == {"BGC", "WRE"}
    assert known.purposes == {"rent", "gift"}
    assert known.cut_lengths[1] == {11}
    assert not known.fold_case


@pytest.mark.parametrize(
    ("text", "memo"),
    [
        ("A SMITH rent BGC", Memo("A SMITH", None, "rent", "BGC")),
        ("A SMITH 77aa BGC", Memo("A SMITH", None, "77aa", "BGC")),
        ("A SMITH", Memo("A SMITH")),
        ("A ORR rent ", Memo("A ORR", None, "rent")),
        ("A SMITH ren", Memo("A SMITH", "A SMITH ren", "ren")),
        ("A SMITH B", Memo("A SMITH B")),
        ("ANNA SMITHS", Memo("ANNA SMITHS", "ANNA SMITHS")),
        ("A KAY gift W"[:11], Memo("A KAY", None, "gift")),
        ("", None),
        ("   ", None),
    ],
)
def test_split(known: Vocabulary, text: str, memo: Memo | None) -> None:
    assert split(text, 1, known) == memo


def test_case_is_folded_when_the_sides_write_differently() -> None:
    texts = [f"{n} {t}".strip() for n, t in itertools.product(NAMES, TAILS)]
    assert learn(texts, [t.title() for t in texts]).fold_case is False
    words = [f"{n.split()[1]} {t}" for n, t in itertools.product(NAMES, TAILS)]
    assert learn(words, [t.lower() for t in words]).fold_case
