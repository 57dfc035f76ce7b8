"""Small tables: text that is already formatted, numbers at the right, one row to select."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboards.components.items import ROW_HEIGHT

ROWS_SHOWN = 14


def table(
    rows: Sequence[Mapping[str, Any]],
    *,
    key: str,
    alt_text: str,
    right: Collection[str] = (),
    explained: Mapping[str, str] | None = None,
    is_selectable: bool = False,
) -> int | None:
    """The rows as a grid with the columns of the first; returns the place of the selected one.

    `right` are the columns of numbers, `explained` has the help of columns. A selection is a
    position: put into `key` whatever moves the rows.
    """
    explained = explained or {}
    columns = {
        name: st.column_config.TextColumn(
            alignment="right" if name in right else "left", help=explained.get(name)
        )
        for name in rows[0]
        if isinstance(rows[0][name], str)
    }
    columns |= {
        name: st.column_config.NumberColumn(format="localized", help=explained.get(name))
        for name in rows[0]
        if isinstance(rows[0][name], int)
    }
    options: dict[str, Any] = {
        "key": key,
        "hide_index": True,
        "row_height": ROW_HEIGHT,
        "height": ROW_HEIGHT * (min(len(rows), ROWS_SHOWN) + 1) + 3,
        "alt": alt_text,
        "column_config": columns,
    }
    shown = pa.Table.from_pylist(list(rows))
    if not is_selectable:
        st.dataframe(shown, **options)
        return None
    event = st.dataframe(shown, on_select="rerun", selection_mode="single-row", **options)
    picked = event["selection"]["rows"]
    return picked[0] if picked and picked[0] < len(rows) else None
