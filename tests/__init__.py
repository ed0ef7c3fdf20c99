"""Tests, by what they need: unit, unit types, web, contract, whole product."""
