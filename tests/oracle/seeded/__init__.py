"""The parts of the seeded world, one theme a file; `tests.oracle.seed` puts them together."""
