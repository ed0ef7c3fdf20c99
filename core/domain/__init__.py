"""The rules, on the standard library alone: readable without a framework, tested in milliseconds."""
