"""What every page is made of: money, figures, charts, links and the bar above them."""
