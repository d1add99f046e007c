"""Query: one complete question, as JSON and as a URL; two equal questions have one name."""
