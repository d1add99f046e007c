"""Answers as files: one format a module."""
