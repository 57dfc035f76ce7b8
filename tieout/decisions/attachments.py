"""Files that people attach to items: content-addressed, beside the decisions that name them."""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path

from tieout.cards import truncate_text
from tieout.decisions.record import DecisionRefused

MOST_BYTES = 10_000_000
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Attachments:
    """A folder of files under the SHA-256 of their content; nothing is ever changed in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def keep(self, data: bytes) -> str:
        """Keep a file and return its SHA-256.

        `DecisionRefused` for one that is empty or too large, or whose text holds a card number.
        """
        if not 0 < len(data) <= MOST_BYTES:
            most = MOST_BYTES // 1_000_000
            raise DecisionRefused(f"a file must have between one byte and {most} MB")
        text = data.decode("utf-8", errors="ignore")
        if truncate_text(text) != text:
            raise DecisionRefused("the file holds what looks like a card number: leave it out")
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{sha256}.{secrets.token_hex(4)}.part")
            part.write_bytes(data)
            part.replace(path)  # whole or not at all
        return sha256

    def has(self, sha256: str) -> bool:
        """Whether a file of this content is kept."""
        return bool(_SHA256.fullmatch(sha256)) and self.path(sha256).exists()

    def read(self, sha256: str) -> bytes:
        """A file's content, proven to be what was kept; `DecisionRefused` where it is not."""
        data = self.path(sha256).read_bytes() if self.has(sha256) else b""
        if hashlib.sha256(data).hexdigest() != sha256:
            raise DecisionRefused(f"the file {sha256[:12]} is not what was attached, or is gone")
        return data

    def path(self, sha256: str) -> Path:
        """Where the file of this content is, or would be."""
        return self.root / sha256[:2] / sha256
