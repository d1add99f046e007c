"""Engines: the databases that answer statements."""
