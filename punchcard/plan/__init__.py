"""From metrics, dimensions and filters to one SQL text, over rows already cut to the viewer."""
