"""The core knows no unit type by name (design idea 1): neither its key nor its title, nor those of its kinds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.extend import discover
from core.extend.host import PluginHost
from core.extend.registry import Registry

CORE = Path(__file__).resolve().parents[2] / "core"

#: Keys and titles that are also words of the core's own language, and what they mean there.
OWN_WORDS = {
    "office": "the joint-conference office that runs a campaign is a role, a blueprint and a word of every page",
    "联席办": "its title on screen",
    "member": "'member unit' is what all units are called",
    "成员单位": "its title on screen",
    "common": "an ordinary word in a sentence about passwords",
    "operator": "SQLAlchemy's word for a sign between two values",
}


def names_of(registry: Registry) -> set[str]:
    names: set[str] = set()
    for plugin in registry.plugins.values():
        names |= {plugin.key, plugin.title.zh}
        for unit_type in plugin.unit_types:
            names |= {unit_type.key, unit_type.title.zh}
            names |= {part for kind in unit_type.kinds for part in (kind.key, kind.title.zh)}
    return names


def words(source: str) -> Iterator[tuple[int, str]]:
    """Names and strings of a file with their lines. Docstrings are prose that may give an example."""
    tree = ast.parse(source)
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield line, node.value
        for field in ("id", "attr", "arg", "name"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield line, value


def mentions(source: str, names: set[str]) -> list[str]:
    """Where a file speaks of one of the names."""
    found = []
    for line, word in words(source):
        parts = set(re.findall(r"[A-Za-z0-9_]+", word)) | set(re.findall(r"[A-Za-z0-9]+", word))
        found += [
            f"line {line}: {name}"
            for name in sorted(names)
            if (name in parts if name.isascii() else name in word)
        ]
    return found


@pytest.fixture(scope="module")
def registry() -> Registry:
    return PluginHost().load(discover.find())


def test_no_name_of_a_unit_type_stands_in_core(registry: Registry) -> None:
    names = names_of(registry) - OWN_WORDS.keys()
    assert len(names) > 25
    found = {
        str(path.relative_to(CORE)): lines
        for path in sorted(CORE.rglob("*.py"))
        if (lines := mentions(path.read_text("utf-8"), names))
    }
    assert found == {}


def test_every_exemption_is_a_name_that_a_plugin_really_has(registry: Registry) -> None:
    assert OWN_WORDS.keys() <= names_of(registry)


@pytest.mark.parametrize(
    "source",
    [
        'if unit.unit_type == "banks": pass',
        "banks = 1",
        "unit.banks = 1",
        'title = "全省商业银行网点"',
        "def hall(): pass",
        'url = "/u/banks/"',
        'code = f"banks-{number}"',
    ],
)
def test_a_mention_is_found(registry: Registry, source: str) -> None:
    assert mentions(source, names_of(registry) - OWN_WORDS.keys())


def test_prose_may_give_an_example(registry: Registry) -> None:
    assert mentions('"""A kind, e.g. outlet."""\nx = 1', names_of(registry)) == []
