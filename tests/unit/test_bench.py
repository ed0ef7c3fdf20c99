"""The benchmark: every operation works on a real, very small installation, and nothing stays behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.bench import many_plugins, measure, report
from core.bench.browser import PHOTO_BYTES, photo
from core.bench.load import Slice
from core.bench.measure import Effort
from core.bench.operations import OPERATIONS
from core.commands.benching import bench
from core.store.filetypes import JPEG, recognise

SMALLEST = Effort(rounds=1, each={1: 1, 2: 1}, bare={1: 1, 2: 1}, sizes=(20, 60), reporters=4, warm_up=1)


@pytest.mark.slow
def test_every_operation_is_measured_and_nothing_stays_behind(tmp_path: Path) -> None:
    said: list[str] = []
    found = measure.run(SMALLEST, list(OPERATIONS), tmp_path, said.append)

    measured = [(result.operation, result.clients) for result in found.results]
    assert measured == [(name, clients) for name in OPERATIONS for clients in (1, 2)]
    assert all(result.figures.requests == result.clients for result in found.results)
    assert {flat.operation for flat in found.flatness} == {"queue", "listing"}
    assert list(tmp_path.iterdir()) == []

    written = json.loads(json.dumps(report.as_json(report.circumstances(SMALLEST), found)))
    assert {result["operation"] for result in written["results"]} == set(OPERATIONS)
    assert len(list(report.table(found))) == 1 + 2 * len(OPERATIONS) + 4


def test_an_unknown_operation_is_refused_with_those_that_exist() -> None:
    answer = CliRunner().invoke(bench, ["--operations", "queue,nonsense"])
    assert answer.exit_code == 2
    assert "nonsense" in answer.output
    assert "listing" in answer.output


def test_the_photograph_is_one_megabyte_that_counts_as_a_jpeg(tmp_path: Path) -> None:
    file = tmp_path / "photo"
    file.write_bytes(photo())
    assert file.stat().st_size == PHOTO_BYTES
    assert recognise(file, "photo.jpg") == JPEG
    assert photo() != photo()


def test_figures_are_taken_over_all_rounds_together() -> None:
    figures = measure.summary([Slice([1.0, 3.0], 0.5, 0.02), Slice([2.0, 10.0], 0.5, 0.06)])
    assert (figures.requests, figures.median_ms, figures.p95_ms) == (4, 2.5, 10.0)
    assert figures.cpu_ms == pytest.approx(20)
    assert figures.per_second == pytest.approx(4)


@pytest.mark.slow
def test_many_plugins_are_measured_beside_few_and_nothing_stays_behind(tmp_path: Path) -> None:
    found = many_plugins.run(1, lambda _line: None, tmp_path)
    few, many = found.plugins
    assert few < many == many_plugins.IN_ALL
    assert [pair.what for pair in found.pages] == list(many_plugins.PAGES)
    assert all(pair.few_ms > 0 and pair.many_ms > 0 for pair in (found.start, *found.pages))
    assert found.call_us["bare"] < found.call_us["within"] < found.call_us["apart"]
    assert list(tmp_path.iterdir()) == []
