"""The four ways a chart is laid out: a frame with axes, rows of bars, a grid of cells, a free scene."""
