"""Where plugins come from: the bundled `plugins` package, installed distributions, single files in a folder."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import plugins

ENTRY_POINT_GROUP = "dudao.plugins"


@dataclass(frozen=True)
class Found:
    """A plugin's place and how to import it; importing may fail, and is tried only when it is loaded."""

    name: str
    source: str
    load: Callable[[], object]


def find(folder: Path | None = None) -> Iterator[Found]:
    """All installed plugins, bundled ones first."""
    for module in pkgutil.iter_modules(plugins.__path__):
        if module.ispkg:
            yield _importable(f"plugins.{module.name}", module.name, "bundled")
    for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        yield Found(point.name, f"distribution {point.dist.name if point.dist else '?'}", point.load)
    if folder is not None:
        for path in sorted(folder.glob("*.py")):
            yield Found(path.stem, str(path), _file_loader(path))


def _importable(module: str, name: str, source: str) -> Found:
    return Found(name, source, lambda: importlib.import_module(module))


def _file_loader(path: Path) -> Callable[[], object]:
    def load() -> object:
        name = f"dudao_plugin_{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} cannot be read as Python")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    return load
