"""Reference: what can be declared and asked, as JSON Schemas for editors and as pages for people."""
