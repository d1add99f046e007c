"""A programme with known truth: made-up members whose data is complete, and what was put into it written beside it."""
