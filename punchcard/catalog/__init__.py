"""The declared words of the business: tables, facts, metrics, segments."""
