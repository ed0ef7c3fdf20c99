"""What setup.cfg cannot say: compile the catalogues, and put templates and migrations inside the package."""

from __future__ import annotations

import shutil
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from setuptools import setup
from setuptools.command.build_py import build_py

#: Beside the packages in a checkout, inside `core` in a wheel; see `core.config.resource`.
BESIDE = ("templates", "migrations")


class BuildWithResources(build_py):
    """Also runs for an editable install, which needs the catalogues but finds the rest where it stands."""

    def run(self) -> None:
        for package in ("core", "plugins"):
            for source in Path(package).glob("**/translations/*/LC_MESSAGES/*.po"):
                compile_catalogue(source)
        super().run()
        if not self.editable_mode:
            for name in BESIDE:
                target = Path(self.build_lib) / "core" / name
                ignore = shutil.ignore_patterns("__pycache__")
                shutil.copytree(name, target, ignore=ignore, dirs_exist_ok=True)


def compile_catalogue(source: Path) -> None:
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parts[-3])
    with source.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)


setup(cmdclass={"build_py": BuildWithResources})
