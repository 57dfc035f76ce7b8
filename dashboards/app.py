"""The router: which pages there are, and the bar above whichever is shown.

A new page is a file in ``views/`` and a line in `main`.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboards.components import bar, boundary, links, style
from dashboards.components.palette import is_dark

STATIC = Path(__file__).parent / "static"


def main() -> None:
    """Show the page that the address names."""
    st.set_page_config(page_title="Tieout", page_icon=STATIC / "mark.svg", layout="wide")
    overview = st.Page(
        "views/overview.py",
        title="Overview",
        icon=":material/home:",
        url_path="overview",
        default=True,
    )
    reconciliation = st.Page(
        "views/reconciliation.py",
        title="Reconciliation",
        icon=":material/compare_arrows:",
        url_path="reconciliation",
    )
    record = st.Page("views/record.py", title="Item", url_path="record", visibility="hidden")
    links.register({"overview": overview, "reconciliation": reconciliation, "record": record})
    sections = {"": [overview], "Reconcile": [reconciliation, record]}
    page = st.navigation([page for pages in sections.values() for page in pages], position="hidden")
    logo = STATIC / ("logo-dark.svg" if is_dark() else "logo.svg")
    st.logo(str(logo), icon_image=str(STATIC / "mark.svg"))
    style.apply()
    is_ready = boundary.guarded(bar.bar, title="Tieout")
    links.menu(sections)  # after the bar, since its links carry what is chosen there
    if is_ready:
        boundary.guarded(page.run)


main()
