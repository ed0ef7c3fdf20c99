"""Use cases end to end: real databases, real files, no web."""
