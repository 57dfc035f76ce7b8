"""Mappings from their files; what is wrong with one is said with file, key and what is allowed."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tieout.mappings.model import MappingFile
from tieout.mappings.reader import Mapped

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class BadMapping(Exception):
    """A mapping cannot be used; the message says where, why and what is allowed."""


class _Texts(yaml.BaseLoader):
    """Every scalar is text: no value becomes a number, a date or a truth on its way."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            line = node.start_mark.line + 1
            raise BadMapping(f"line {line}: {', '.join(map(str, twice))} is said twice")
        return super().construct_mapping(node, deep)


def load(path: Path) -> Mapped:
    """The reader that a mapping describes."""
    if not _NAME.fullmatch(path.stem):
        raise BadMapping(
            f"{path}: the name of a mapping is of small letters, digits and underscores"
        )
    try:
        text = path.read_text(encoding="utf-8")
        # The loader makes texts, lists and mappings of them, and nothing else.
        content = yaml.load(text, _Texts)
        described = MappingFile.model_validate(content)
    except (OSError, UnicodeDecodeError) as error:
        raise BadMapping(f"{path}: {error}") from None
    except yaml.YAMLError as error:
        raise BadMapping(f"{path}: not valid YAML: {error}") from None
    except BadMapping as error:
        raise BadMapping(f"{path}: {error}") from None
    except ValidationError as error:
        faults = (f"  {_place(e['loc'])}{_said(e['msg'])}" for e in error.errors())
        raise BadMapping("\n".join([f"{path}:", *faults])) from None
    return Mapped(path.stem, described, zlib.crc32(text.encode()) >> 1)


def load_all(folder: Path) -> tuple[Mapped, ...]:
    """The readers of all mappings in a folder."""
    return tuple(map(load, sorted(folder.glob("*.yaml"))))


def _place(location: tuple[int | str, ...]) -> str:
    return "".join(f"{part}: " for part in location)


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")
