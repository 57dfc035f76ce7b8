"""What the company sells beside payments: billing, marketplaces, taxes on its fees, advances.

Each product is made from one month's own attempts, so a month is the same alone or beside others.
"""

from __future__ import annotations

from tieout.simulator.draws import Draws
from tieout.simulator.months import Month
from tieout.simulator.payments import Attempts
from tieout.simulator.phases import phase_of
from tieout.simulator.products.advances import advances
from tieout.simulator.products.billing import billing
from tieout.simulator.products.marketplace import marketplace
from tieout.simulator.products.posting import Products
from tieout.simulator.products.taxes import taxes

__all__ = ["Products", "products"]

# Each product with the phase that it came in.
_PRODUCTS = ((billing, 2), (marketplace, 2), (taxes, 3), (advances, 4))


def products(draws: Draws, month: Month, attempts: Attempts) -> Products:
    """What the products that the company has by then make of a month's own attempts."""
    phase = phase_of(month).number
    made = [make(draws, month, attempts) for make, first in _PRODUCTS if first <= phase]
    return Products(
        tables={name: table for product in made for name, table in product.tables.items()},
        journals=[journals for product in made for journals in product.journals],
    )
