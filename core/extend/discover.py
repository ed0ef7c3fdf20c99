"""Where plugins come from: the bundled `plugins` package, installed distributions, files and packages in a folder."""

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
from core.extend import sheet

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
    points = importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)
    for point in points:
        yield Found(point.name, f"distribution {point.dist.name if point.dist else '?'}", point.load)
    if folder is not None:
        names = {point.module.partition(".")[0] for point in points}
        installed = {name for name in names if _is_importable_from(folder, name)}
        yield from (item for item in _in_folder(folder) if item.name not in installed)


def _is_importable_from(folder: Path, name: str) -> bool:
    """Whether the package of an installed plugin is the one in the folder: then it is found once, not twice."""
    spec = importlib.util.find_spec(name)
    return spec is not None and _is_at(spec.origin, folder / name / "__init__.py")


#: Files and folders beside a plugin's own that are none: its build, its tests.
_BESIDE = {"setup", "conftest", "tests", "build", "dist"}


def _in_folder(folder: Path) -> Iterator[Found]:
    """Single files and packages; the folder may be a distribution's source."""
    for path in sorted(folder.glob("*.py")):
        if path.stem not in _BESIDE:
            yield Found(path.stem, f"file {path.name}", _loader(path, f"dudao_plugin_{path.stem}"))
    for path in sorted(folder.glob("*/__init__.py")):
        name = path.parent.name
        if name not in _BESIDE and name.isidentifier():
            yield Found(name, f"folder {name}", _loader(path, name))
    for path in filter(sheet.is_sheet, sorted(folder.glob("*.*"))):
        yield Found(path.stem, f"sheet {path.name}", _sheet_loader(path))


def _importable(module: str, name: str, source: str) -> Found:
    return Found(name, source, lambda: importlib.import_module(module))


def _sheet_loader(path: Path) -> Callable[[], object]:
    return lambda: sheet.as_module(sheet.read(path), path)


def _loader(path: Path, name: str) -> Callable[[], object]:
    """How to import a file, or a package by its own name, so that its modules find each other."""

    def load() -> object:
        package = path.name == "__init__.py"
        if package and _is_foreign(name, path):
            raise ImportError(
                f"another Python package is called {name!r}: rename the plugin's folder, or uninstall that package"
            )
        spec = importlib.util.spec_from_file_location(
            name, path, submodule_search_locations=[str(path.parent)] if package else None
        )
        if spec is None or spec.loader is None:
            raise ImportError(f"{path.name} cannot be read as Python")
        for loaded in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
            del sys.modules[loaded]
        module = importlib.util.module_from_spec(spec)
        vars(module)[_OURS] = True
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    return load


_OURS = "__dudao_plugin__"


def _is_foreign(name: str, path: Path) -> bool:
    """Whether a name belongs to another package than the plugin at `path`, and to none that a folder gave us."""
    if name in sys.modules:
        module = sys.modules[name]
        return not hasattr(module, _OURS) and not _is_at(getattr(module, "__file__", None), path)
    spec = importlib.util.find_spec(name)
    return spec is not None and not _is_at(spec.origin, path)


def _is_at(origin: str | None, path: Path) -> bool:
    return origin is not None and Path(origin).resolve() == path.resolve()
