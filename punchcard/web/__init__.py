"""The pages: views filled by the routes, templates, style and scripts."""
