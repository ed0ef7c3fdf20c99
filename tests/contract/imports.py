"""Who may import whom, checked from the source alone: `broken(root)` answers with a sentence for each breach."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: What each layer may import of ours, besides itself. `core.config` holds settings that nothing else may read.
OURS: dict[str, tuple[str, ...]] = {
    "core.domain": (),
    "core.api": ("core.domain",),
    "core.store": ("core.domain", "core.config"),
    # The verifier of hand-over packs must run without us.
    "core.data": (),
    # The child that looks into strangers' files knows nothing but what it answers with.
    "core.examine": ("core.domain", "core.parent"),
    # Processes tied to their parent's life: nothing but the standard library.
    "core.parent": (),
    "core.extend": ("core.domain", "core.api", "core.parent", "plugins"),
    # The door's values (forms, pages, jobs) pass through services and pages on their way.
    "core.services": (
        "core.domain", "core.extend", "core.store", "core.jobs.queue", "core.config", "core.api",
        "core.examine.launch", "core.examine.answers",
    ),
    "core.jobs": ("core.domain", "core.services", "core.store"),
    # Queries answer with frozen facts; of the rest of the store a page needs the session, its scope and file types.
    "core.web": (
        "core.api.pages", "core.domain", "core.services", "core.store.queries", "core.store.db", "core.store.scope",
        "core.store.filetypes", "core.config",
    ),
}  # fmt: skip
#: Which packages of others a layer may import; layers without a row may import any.
THEIRS: dict[str, frozenset[str]] = {
    "core.data": frozenset(),
    "core.domain": frozenset(),
    "core.api": frozenset({"click", "pluggy", "werkzeug", "wtforms"}),
    "core.store": frozenset({"alembic", "flask", "flask_sqlalchemy", "sqlalchemy"}),
    "core.examine": frozenset({"PIL", "av", "numpy", "pillow_heif", "pypdfium2", "python_calamine"}),
    "core.extend": frozenset({"click", "pluggy"}),
    "core.services": frozenset({"argon2", "sqlalchemy"}),
    "plugins": frozenset(),
}
#: Single files that may import more than their layer, and why.
MORE: dict[str, frozenset[str]] = {
    # The one place that asks Flask what the application runs with.
    "core.services.runtime": frozenset({"flask"}),
    # An S3-compatible store.
    "core.store.evidence.s3": frozenset({"boto3", "botocore"}),
    # Duty sheets as workbooks.
    "core.extend.dutysheet.xlsx": frozenset({"python_calamine"}),
    "core.extend.dutysheet.write": frozenset({"xlsxwriter"}),
    # Runs plugins' own commands.
    "core.services.plugin_commands": frozenset({"click"}),
    # Looks at what plugins bring: their templates, texts and migrations.
    "core.services.plugin_health": frozenset({"alembic", "babel", "jinja2"}),
}
#: Files of a plugin that may import a framework.
PLUGIN_FILES = {
    "commands": frozenset({"click"}),
    "models": frozenset({"sqlalchemy"}),
    "pages": frozenset({"flask"}),
}
#: Composition roots: they put everything together, and nothing below may import them.
ROOTS = frozenset(
    f"core.{name}"
    for name in (
        "app", "bench", "cli", "commands", "redis_server", "scaffold", "scheduler", "serve", "supervisor",
        "testing", "worker",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Import:
    """One imported name: by which module, where, and whether inside a function."""

    by: str
    name: str
    line: int
    inner: bool

    def __str__(self) -> str:
        return f"{self.by}:{self.line} imports {self.name}"


def broken(root: Path) -> list[str]:
    """Every import below `root`/core and `root`/plugins that the layers do not allow."""
    return [f"{found}: {why}" for found in imports(root) for why in _problems(found)]


def imports(root: Path) -> Iterator[Import]:
    for top in ("core", "plugins"):
        for path in sorted((root / top).rglob("*.py")):
            parts = list(path.relative_to(root).with_suffix("").parts)
            package = parts[:-1]
            module = ".".join(package if parts[-1] == "__init__" else parts)
            yield from _of_file(ast.parse(path.read_text("utf-8")), module, package)


def _of_file(tree: ast.Module, module: str, package: list[str]) -> Iterator[Import]:
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (Import(module, name, node.lineno, id(node) in inner) for name in names)


def layer_of(name: str) -> str:
    """The layer or composition root that a module of ours belongs to; each plugin is one by itself."""
    return ".".join(name.split(".")[:2])


def _problems(found: Import) -> Iterator[str]:
    if found.inner:
        yield "an import inside a function hides a cycle"
    top = found.name.split(".")[0]
    if top in ("core", "plugins"):
        if not _ours(found):
            yield "its layer must not know that one"
    elif top != "__future__" and top not in sys.stdlib_module_names and not _theirs(found, top):
        yield "its layer does without that package"


def _ours(found: Import) -> bool:
    here, there = layer_of(found.by), layer_of(found.name)
    if here == there:
        return True
    if here == "core.config":
        return there == "core"  # where the package lies
    if here.startswith("plugins"):
        return there == "core.api"
    if here in ROOTS:
        return True
    return there not in ROOTS and any(
        found.name == allowed or found.name.startswith(f"{allowed}.") for allowed in OURS.get(here, ())
    )


def _theirs(found: Import, top: str) -> bool:
    if found.by.startswith("plugins."):
        return top in PLUGIN_FILES.get(found.by.split(".")[-1], frozenset())
    allowed = THEIRS.get(layer_of(found.by))
    return allowed is None or top in allowed | MORE.get(found.by, frozenset())
