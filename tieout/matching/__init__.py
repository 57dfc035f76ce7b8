"""Matching of lines that share no key; `keyless.match` is the way in."""
