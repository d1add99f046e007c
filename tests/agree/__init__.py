"""Every analysis over facts against a slow oracle in plain Python, on small programmes with traps in them."""
