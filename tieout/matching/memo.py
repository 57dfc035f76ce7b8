"""What a memo says: a name, then perhaps a purpose or reference, then perhaps a type of payment.

"J VAN DYCK rent 4f1c" and "J VAN DYCK rent BGC" close with words of a small vocabulary, and banks
cut memos short or drop parts of them. The vocabulary, which of its words stand last, and at which
lengths texts are cut are learnt from both sides together; nothing about the language is known
beforehand. Loops here run over lines, never over pairs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

CLOSING_SHARE = 0.005  # a closing word stands after the first token in this share of the lines
CLOSING_COUNT = 10  # and in this many: below, a repeated surname looks the same
REFERENCE_SHARE = 0.01  # references with digits count as a kind of purpose from here on


@dataclass(frozen=True)
class Vocabulary:
    """What was learnt about the texts of both sides."""

    fold_case: bool = True
    types: frozenset[str] = frozenset()  # words that nothing follows
    purposes: frozenset[str] = frozenset()  # words that only types follow
    reference_letters: frozenset[str] = frozenset()  # characters seen in references
    cut_lengths: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
    starts: frozenset[str] = field(default=frozenset(), repr=False)  # of types and purposes

    def tokens(self, text: str) -> list[str]:
        """The words of a text, in the case that counts."""
        return (text.casefold() if self.fold_case else text).split()


@dataclass(frozen=True, slots=True)
class Memo:
    """One text in parts; None where a part is absent.

    `cut_name` is set where the text may have been cut inside its name: it agrees with every name
    that starts so. A last word that may be the start of a closing word or of more name is in
    `cut_name` and not in `name`.
    """

    name: str
    cut_name: str | None = None
    purpose: str | None = None
    type: str | None = None


def learn(left: list[str], right: list[str]) -> Vocabulary:
    """The vocabulary of the texts of both sides (NFKC, one entry a line, empty if absent)."""
    fold = _case_tells_nothing(left, right)
    plain = Vocabulary(fold_case=fold)
    lines = [tokens for text in (*left, *right) if (tokens := plain.tokens(text))]
    types, purposes = _closing_words(lines)
    starts = frozenset(w[:n] for w in types | purposes for n in range(1, len(w)))
    references = [t for tokens in lines for t in tokens[-2:] if t is not tokens[0] and _digit(t)]
    enough = len(references) >= max(CLOSING_COUNT, REFERENCE_SHARE * len(lines))
    used = Counter(c for reference in references for c in set(reference))
    letters = {c for c, n in used.items() if n >= 0.02 * len(references)} if enough else set()
    known = Vocabulary(fold, types, purposes, frozenset(letters), starts=starts)
    cuts = (_cut_lengths(left, known), _cut_lengths(right, known))
    return Vocabulary(fold, types, purposes, frozenset(letters), cuts, starts)


def split(text: str, side: int, known: Vocabulary) -> Memo | None:
    """The parts of one text of a side (0 left, 1 right); None for an empty text."""
    tokens = known.tokens(text)
    if not tokens:
        return None
    cut = len(text) in known.cut_lengths[side]
    last = tokens[-1]
    if len(tokens) > 1:
        if last in known.types:
            purposed = len(tokens) > 2 and _is_purpose(tokens[-2], known)
            name = " ".join(tokens[: -2 if purposed else -1])
            return Memo(name, None, tokens[-2] if purposed else None, last)
        if _is_purpose(last, known):
            return Memo(" ".join(tokens[:-1]), None, last)
        if cut and _may_close(tokens, known):
            return _with_fragment(tokens, known)
    name = " ".join(tokens)
    return Memo(name, name if cut else None)


def _may_close(tokens: list[str], known: Vocabulary) -> bool:
    """Whether the last word, cut, may be the start of a purpose, a reference or a type."""
    return tokens[-1] in known.starts or set(tokens[-1]) <= known.reference_letters


def _with_fragment(tokens: list[str], known: Vocabulary) -> Memo:
    """A cut text whose last word may be the start of a closing word, or of more name."""
    last = tokens[-1]
    is_type = any(t.startswith(last) for t in known.types)
    if is_type and len(tokens) > 2 and _is_purpose(tokens[-2], known):
        return Memo(" ".join(tokens[:-2]), None, tokens[-2], last)
    is_purpose = any(p.startswith(last) for p in known.purposes)
    name = " ".join(tokens[:-1])
    return Memo(
        name,
        cut_name=f"{name} {last}",
        purpose=last if is_purpose and not is_type else None,
        type=last if is_type and not is_purpose else None,
    )


def _digit(token: str) -> bool:
    return any(c.isdigit() for c in token)


def _is_purpose(token: str, known: Vocabulary) -> bool:
    return token in known.purposes or (bool(known.reference_letters) and _digit(token))


def _case_tells_nothing(left: list[str], right: list[str]) -> bool:
    """Whether the sides write the same words in different case: then case is folded away."""
    raw = [{t.split()[0] for t in side if t.strip()} for side in (left, right)]
    folded = [{t.casefold() for t in side} for side in raw]
    return len(raw[0] & raw[1]) < 0.98 * len(folded[0] & folded[1])


def _closing_words(lines: list[list[str]]) -> tuple[frozenset[str], frozenset[str]]:
    """Types (nothing follows them) and purposes (only types follow them).

    A common surname stands in many lines too, but purposes follow it: what purposes follow is
    neither, and so the surname stays in the name.
    """
    counts = Counter(t for tokens in lines for t in set(tokens[1:]))
    least = max(CLOSING_COUNT, CLOSING_SHARE * len(lines))
    words = {t for t, n in counts.items() if n >= least and len(t) > 1 and not _digit(t)}
    # The start of a more frequent word is that word, cut.
    words -= {
        w
        for w in words
        if any(o != w and o.startswith(w) and counts[o] >= counts[w] for o in words)
    }
    starts = {w[:n] for w in words for n in range(1, len(w))}
    stands: Counter[str] = Counter()
    followers: dict[str, Counter[str]] = defaultdict(Counter)
    elsewhere: Counter[str] = Counter()
    for tokens in lines:
        for i, token in enumerate(tokens[1:], 1):
            if token not in words:
                continue
            stands[token] += 1
            after = tokens[i + 1 :]
            if not after or _digit(after[0]) or (len(after) == 1 and after[0] in starts):
                continue
            if after[0] in words:
                followers[token][after[0]] += 1
            else:
                elsewhere[token] += 1
    closing = {w for w in words if elsewhere[w] <= 0.1 * stands[w]}
    types = {w for w in closing if followers[w].total() <= 0.02 * stands[w]}
    purposes = {
        w
        for w in closing - types
        if sum(n for after, n in followers[w].items() if after not in types)
        <= 0.05 * followers[w].total()
    }
    return frozenset(types), frozenset(purposes)


def _cut_lengths(texts: Iterable[str], known: Vocabulary) -> frozenset[int]:
    """The lengths at which this side's texts are cut.

    Lines of such a length end in the start of a closing word (two letters or more) in 1% of
    cases, or the length itself stands far above its neighbours.
    """
    lengths = Counter(len(text) for text in texts if text)
    partial: Counter[int] = Counter()
    for text in texts:
        tokens = known.tokens(text)
        if len(tokens) > 1 and len(tokens[-1]) > 1:
            last = tokens[-1]
            partial[len(text)] += last in known.starts and last not in known.types | known.purposes
    heap = {
        n
        for n, count in lengths.items()
        if count >= 0.05 * lengths.total() + 10
        and count > 4 * max(lengths[n + 1], lengths[n + 2], 1)
        and count > 2 * max(lengths[n - 1], lengths[n - 2])
    }
    return frozenset(n for n, c in partial.items() if c > 1 and c >= 0.01 * lengths[n]) | heap
