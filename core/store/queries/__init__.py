"""Questions to the database, answered with frozen dataclasses. Each runs a fixed number of statements."""
