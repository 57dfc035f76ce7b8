"""Formats that a workspace describes itself: a YAML file says how a delimited file is to be read.

`mappings/<name>.yaml` becomes the format `mapped_<name>`, which is recognised and read like any
other. What is written there is data; nothing of it is run.
"""

from tieout.mappings.load import BadMapping, load, load_all
from tieout.mappings.reader import Mapped

__all__ = ["BadMapping", "Mapped", "load", "load_all"]
