"""Where things are kept: the database, evidence files, and queries that answer with dataclasses."""
