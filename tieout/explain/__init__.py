"""The whole story of one record: what it is, its legs, its files and lines, from one edition.

`explain` is a pure reader: it asks the edition, and for the records' details and the original text
the canonical store and the landing, of the files alone that the edition knows.
"""

from tieout.explain.answer import explain
from tieout.explain.store import Store
from tieout.explain.story import Choices, Nothing, Story, as_json

__all__ = ["Choices", "Nothing", "Store", "Story", "as_json", "explain"]
