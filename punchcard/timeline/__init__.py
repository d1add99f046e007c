"""The timeline: what every member did, in order, in memory-mapped columns for compiled passes."""
