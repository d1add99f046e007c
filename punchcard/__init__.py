"""Punchcard: self-hosted analytics for loyalty programmes and CRM marketing."""
