"""Drawn examples: no time limit for each (machines are shared), nothing written down."""

from hypothesis import settings

settings.register_profile("rules", deadline=None, database=None, max_examples=40)
settings.load_profile("rules")
