"""The child: reads one task from its standard input, shuts itself in, looks into the file, answers in one line.

It is started by `core.examine.launch` alone, as a program and not as a module, so that nothing of the product is
imported but what the one kind of file needs. Two lines go back: ``ready`` after the imports, then the answer.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core import parent
from core.domain.files import Box, Examined, FileState
from core.examine import limits, sandbox, words
from core.examine.answers import Task

_OFFICE = "application/vnd.openxmlformats-officedocument."
#: Who looks into a file of a media type.
MODULES = {
    "image/jpeg": "pictures",
    "image/png": "pictures",
    "image/webp": "pictures",
    "image/heic": "pictures",
    "video/mp4": "films",
    "video/quicktime": "films",
    "application/pdf": "papers",
    _OFFICE + "wordprocessingml.document": "office",
    _OFFICE + "spreadsheetml.sheet": "office",
    "text/csv": "texts",
    "text/plain": "texts",
    "application/zip": "archives",
}


def main() -> None:
    """Do the task; what goes wrong before ``ready`` is ours, what goes wrong afterwards is the file's."""
    answer = _only_ours()
    task = json.loads(sys.stdin.readline())
    parent.die_with(task["parent"])
    try:
        files = [Path(path) for path in task["files"]]
        out = Path(task["out"])
        call = _prepare(task, files, out)
        limits.close_in()
        sandbox.close(files, out)
    except Exception as error:  # noqa: BLE001 - the caller is told why the child could not be run
        _write(answer, {"failed": _line(error)})
        return
    _write(answer, "ready")
    _write(answer, _run(call))
    # No exit handlers of decoders that a file may have upset.
    os._exit(0)


def _only_ours() -> int:
    """Where the answer goes; whatever a library prints goes nowhere."""
    answer = os.dup(1)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.close(nothing)
    return answer


def _prepare(task: dict[str, Any], files: list[Path], out: Path) -> Callable[[], Any]:
    """Import what the task needs, and only that."""
    if task["do"] == "examine":
        module = importlib.import_module(f"core.examine.{MODULES[task['media_type']]}")
        wanted = Task(files[0], task["name"], task["media_type"], out)
        return lambda: module.examine(wanted)
    if task["do"] == "mask":
        masks = importlib.import_module("core.examine.masks")
        boxes = [Box(*sides) for sides in task["boxes"]]
        return lambda: masks.mask(files[0], task["media_type"], boxes, out, task["prefix"])
    comparing = importlib.import_module("core.examine.compare")
    return lambda: comparing.compare(files[0], files[1], out)


def _run(call: Callable[[], Any]) -> dict[str, Any]:
    gc.collect()
    try:
        return {"answer": call().to_json()}
    except MemoryError:
        return {"answer": Examined(FileState.REFUSED, (words.TOO_LARGE,)).to_json(), "detail": "MemoryError"}
    except Exception as error:  # noqa: BLE001 - a decoder may raise anything; the person gets a sentence
        return {"answer": Examined(FileState.REFUSED, (words.DAMAGED,)).to_json(), "detail": _line(error)}


def _line(error: BaseException) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" ({Path(place[0].filename).name}:{place[0].lineno})" if place else ""
    return f"{type(error).__name__}: {error}"[:300] + where


def _write(answer: int, content: object) -> None:
    data = json.dumps(content).encode() + b"\n"
    while data:
        data = data[os.write(answer, data) :]


if __name__ == "__main__":
    main()
