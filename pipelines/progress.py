"""The progress display of long work on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


def progress_bar(console: Console) -> Progress:
    """A display whose tasks have a description and a `detail`; it vanishes when it ends."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<12}"),
        BarColumn(bar_width=24),
        TextColumn("[dim]{task.fields[detail]}", justify="left"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
