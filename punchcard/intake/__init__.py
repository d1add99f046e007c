"""Intake: rows come in from files and databases, are typed cell by cell, and are stored once or explained."""
