"""The elements of OFX, whether SGML (version 1) or XML (version 2), each with its line.

In SGML an element that holds a value has no end tag, and an empty one looks like the beginning of
an aggregate. So which elements are aggregates is only known from their end tags.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tieout.formats.base import UnreadableFile

_TOKEN = re.compile(
    r"<!--.*?-->|<\?[^<>]*\?>|<!\[CDATA\[(?P<cdata>.*?)\]\]>"
    r"|<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9._]*)(?=[\s>/])[^<>]*?(?P<empty>/?)>",
    re.DOTALL,
)
_DEPTH_MAX = 200


@dataclass(eq=False)
class Element:
    """One element; `start` and `end` are where it stands in the text."""

    name: str
    line: int
    start: int
    end: int = 0
    value: str = ""
    children: list[Element] = field(default_factory=list)

    def find(self, path: str) -> Element | None:
        """The first element of a path of names, ``BANKACCTFROM/ACCTID``."""
        name, _, rest = path.partition("/")
        for child in self.children:
            if child.name == name:
                found = child.find(rest) if rest else child
                if found is not None:
                    return found
        return None

    def text(self, *paths: str) -> str | None:
        """The value of the first path that has one."""
        found = (self.find(path) for path in paths)
        return next((element.value for element in found if element and element.value), None)

    def values(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        """Every value below, by its path."""
        for child in self.children:
            if child.value:
                yield f"{prefix}{child.name}", child.value
            yield from child.values(f"{prefix}{child.name}/")

    def descendants(self) -> Iterator[Element]:
        """Every element below, in the order of the file."""
        for child in self.children:
            yield child
            yield from child.descendants()


def parse(text: str) -> Element:
    """The tree of a file below a root without a name; `UnreadableFile` if it is cut off."""
    root = Element("", 0, 0)
    path = [root]
    line, counted, read = 1, 0, 0
    for token in _TOKEN.finditer(text):
        path[-1].value += html.unescape(text[read : token.start()])
        read = token.end()
        if token["cdata"] is not None:
            path[-1].value += token["cdata"]
        if token["name"] is None:
            continue
        name = token["name"].upper()
        if len(path) > 1 and path[-1].value.strip() and not path[-1].children:
            # What holds a value holds nothing else, so its end tag may be missing.
            leaf = path.pop()
            leaf.value, leaf.end = leaf.value.strip(), token.start()
            if token["end"] and leaf.name == name:
                continue
        if token["end"]:
            _close(path, name, token.end())
            continue
        line += text.count("\n", counted, token.start())
        counted = token.start()
        element = Element(name, line, token.start(), token.end())
        path[-1].children.append(element)
        if not token["empty"]:
            path.append(element)
        if len(path) > _DEPTH_MAX:
            raise UnreadableFile(
                f"the file is damaged: at line {line} <{name}> lies in more than {_DEPTH_MAX} "
                "others, so the ends of most are missing"
            )
    if len(path) > 1:
        raise UnreadableFile(
            f"the file is cut off: <{path[1].name}> at line {path[1].line} has no end"
        )
    return root


def _close(path: list[Element], name: str, end: int) -> None:
    """Ends the innermost element of the name; what is open within it was an empty value."""
    at = next((at for at in range(len(path) - 1, 0, -1) if path[at].name == name), None)
    if at is None:
        return
    for inner in range(len(path) - 1, at, -1):
        path[inner - 1].children += path[inner].children
        path[inner].children, path[inner].value = [], ""
    path[at].value, path[at].end = "", end
    del path[at:]
