"""Dudao's core: duties, reports, reviews and their supervision, for whatever unit types the plugins bring."""

__version__ = "0.1.0"
