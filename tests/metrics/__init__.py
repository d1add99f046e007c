"""The library's metrics: held against the design's reference SQL over seeded worlds, and against worked examples."""
