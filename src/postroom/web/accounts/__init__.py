"""The accounts server: what gives and takes tokens, and the pages on which people sign in and consent (W 4)."""
