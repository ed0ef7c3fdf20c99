"""For authors of plugins: the conformance kit, `core.testing.conformance`."""
