"""The command line's groups; `core.cli` puts them together."""
