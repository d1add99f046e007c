"""The reference: the design's own SQL over seeded random data, against which the product's figures are held."""
