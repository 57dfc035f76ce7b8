"""The router: which pages there are, and the bar above whichever is shown.

A new page is a file in ``views/`` and a line in `PAGES`.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboards.components import bar, boundary, door, links, style
from dashboards.components.palette import is_dark

STATIC = Path(__file__).parent / "static"

# By section of the menu: each page's file in ``views/`` and place in the address, title and icon.
PAGES = {
    "": [("overview", "Overview", "home")],
    "Reconcile": [
        ("reconciliation", "Reconciliation", "compare_arrows"),
        ("breaks", "Breaks", "rule"),
        ("story", "Record", "manage_search"),
        ("flow", "Money flow", "account_tree"),
        ("payouts", "Payouts and cash", "account_balance"),
    ],
    "Metrics": [
        ("revenue", "Revenue", "payments"),
        ("cost", "Cost per volume", "trending_down"),
        ("success", "Success rates", "done_all"),
        ("merchants", "Merchants", "storefront"),
        ("fees", "Fees", "request_quote"),
        ("disputes", "Disputes", "gavel"),
        ("fx", "FX", "currency_exchange"),
        ("statements", "Statements", "account_balance"),
    ],
    "Assurance": [
        ("audit", "Audit", "verified"),
        ("quality", "Data quality", "fact_check"),
        ("pipeline", "Pipeline", "conveyor_belt"),
    ],
}


def main() -> None:
    """Show the page that the address names."""
    st.set_page_config(page_title="Tieout", page_icon=STATIC / "mark.svg", layout="wide")
    sections = {
        section: [
            st.Page(
                f"views/{name}.py",
                title=title,
                icon=f":material/{icon}:",
                url_path=name,
                default=name == "overview",
            )
            for name, title, icon in pages
        ]
        for section, pages in PAGES.items()
    }
    # Reached from a row of a list, so it is not in the menu.
    item = st.Page("views/record.py", title="Item", url_path="record", visibility="hidden")
    pages = [page for listed in sections.values() for page in listed]
    names = [name for listed in PAGES.values() for name, *_ in listed]
    page = st.navigation([*pages, item], position="hidden")
    links.register({**dict(zip(names, pages, strict=True)), "record": item}, page)
    logo = STATIC / ("logo-dark.svg" if is_dark() else "logo.svg")
    st.logo(str(logo), icon_image=str(STATIC / "mark.svg"))
    style.apply()
    if not boundary.guarded(door.is_open, title="Tieout"):
        return
    is_ready = boundary.guarded(bar.bar, title="Tieout")
    links.menu(sections)  # after the bar, since its links carry what is chosen there
    if is_ready:
        boundary.guarded(page.run)


main()
