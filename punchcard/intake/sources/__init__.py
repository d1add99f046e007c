"""Readers: one file per kind of source, each giving the rows of a file, a sheet or a query in bounded batches."""
