"""Duty sheets: a plugin as a table that an office fills in. `core.extend.sheet` is the way in."""
