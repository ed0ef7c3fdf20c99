"""A child of the real launcher whose look into a file is a few lines of a test."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.domain.files import Examined
from core.examine import launch

ROOT = Path(__file__).resolve().parents[2]

_PROGRAM = """
import sys, types
sys.path.insert(0, {root!r})
import ctypes, errno, json, os, resource, signal, socket, subprocess, threading, time
from pathlib import Path
from core.domain.files import Examined, FileState, Preview
from core.domain.text import Text
from core.examine import limits

{before}

def look(task, facts):
{body}

def examine(task):
    facts = {{}}
    found = look(task, facts)
    return found or Examined(FileState.READY, facts=facts)

module = types.ModuleType("core.examine.texts")
module.examine = examine
sys.modules["core.examine.texts"] = module
from core.examine.__main__ import main
main()
"""

#: Runs the lines of a test in the child, after some before it shuts itself in; they see `task` and `facts`.
Probe = Callable[..., Examined]


def probe_in(folder: Path, patch: pytest.MonkeyPatch) -> Probe:
    """The probe, whose file and folder for pictures are in a test's own folder."""
    file, out, program = folder / "file", folder / "out", folder / "child.py"
    file.write_text("a stranger's file")
    out.mkdir()
    patch.setattr(launch, "_PROGRAM", str(program))

    def run(body: str, before: str = "", **names: Any) -> Examined:
        body = textwrap.indent(textwrap.dedent(body), "    ")
        given = "\n".join(f"{name} = {value!r}" for name, value in names.items())
        program.write_text(
            _PROGRAM.format(root=str(ROOT), body=body, before=given + "\n" + textwrap.dedent(before))
        )
        return launch.examine(file, "file.txt", "text/plain", out)

    return run
