"""The design's worked examples of campaigns and segments, asked of a programme that holds just their rows."""
