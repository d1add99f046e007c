"""Figures worked out by hand, asked of the product: each test is one trap that makes a figure wrong."""
