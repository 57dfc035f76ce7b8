"""What the road costs: commands that print figures. None of them is a test."""
