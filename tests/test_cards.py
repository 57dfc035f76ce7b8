import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.cards import truncate_cards, truncate_text


def with_check_digit(digits: str) -> str:
    """The digits with the last one that makes them pass the Luhn check."""
    for last in "0123456789":
        doubled = [
            sum(divmod(int(d) * 2, 10)) if i % 2 else int(d)
            for i, d in enumerate(reversed(digits + last))
        ]
        if sum(doubled) % 10 == 0:
            return digits + last
    raise AssertionError


@given(st.from_regex(r"[3-6][0-9]{11,17}", fullmatch=True))
def test_a_card_number_is_cut_to_first_six_and_last_four(digits: str) -> None:
    number = with_check_digit(digits)
    text = truncate_text(f"paid with {number}, thanks")
    assert number not in text
    assert text == f"paid with {number[:6]}{'*' * (len(number) - 10)}{number[-4:]}, thanks"


@pytest.mark.parametrize(
    "text", ["order 4111111111111112", "DE89370400440532013000", "ch_4111111111111111x", "12345"]
)
def test_what_is_no_card_number_stays(text: str) -> None:
    assert truncate_text(text) == text


def test_columns_are_searched_and_counted() -> None:
    number = with_check_digit("411111111111111")
    grouped = " ".join(number[i : i + 4] for i in range(0, 16, 4))
    table = pa.table({"a": ["x", None, number], "b": [grouped, "y", None], "n": [1, 2, 3]})
    clean, found = truncate_cards(table)
    assert found == 2
    assert clean["a"].to_pylist() == ["x", None, f"{number[:6]}******{number[-4:]}"]
    assert number not in str(clean.to_pydict())
    assert grouped not in str(clean.to_pydict())


WORDS = st.lists(st.sampled_from(["4111111111111111", "4111", "1111", " ", "-", "x", "é", "9"]))


@given(st.lists(st.lists(st.none() | WORDS.map("".join)), min_size=1), st.integers(0, 3))
def test_a_column_is_searched_like_its_cells(chunks: list[list[str | None]], first: int) -> None:
    arrays = [pa.array(chunk, pa.string()).slice(first) for chunk in chunks]
    table = pa.table({"text": pa.chunked_array(arrays, pa.string())})
    cells = table["text"].to_pylist()
    clean, _ = truncate_cards(table)
    assert clean["text"].to_pylist() == [cell and truncate_text(cell) for cell in cells]
