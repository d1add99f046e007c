"""Numbers in, numbers out: intervals, tests, planning, correction, lifetime; nothing of Punchcard is imported here."""
