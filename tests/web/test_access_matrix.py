"""Every route × method × actor answers as declared (check Z1): a generated table of thousands of cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.asking import Cell
from tests.web.conftest import opened
from tests.web.matrix import ACTORS, ROLES, Matrix, Who, prepare
from tests.web.targets import REASON


@pytest.fixture(scope="module")
def matrix(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    with opened(filled_folder, tmp_path_factory.mktemp("matrix") / "data") as site:
        yield prepare(site)


def answer(matrix: Matrix, who: Who, cell: Cell) -> int:
    """Send the cell's request; the address is the actor's own, so that no throttle is shared."""
    more = {"login": f"nobody-{who.login}"} if cell.endpoint == "account.sign_in" else {}
    found = cell.ask(matrix.site, who.login, place=f"10.0.0.{ACTORS.index(who) + 1}", **more)
    if found.status_code == 302 and who.anonymous and matrix.policies[cell.endpoint].permission != "public":
        assert found.location.startswith("/login"), f"{cell}: sent to {found.location}"
    if cell.endpoint.startswith("uploads.") and found.status_code >= 400 and cell.answer != 405:
        assert found.mimetype == "application/problem+json", f"{cell}: {found.mimetype}"
    return found.status_code


@pytest.mark.parametrize("who", ACTORS, ids=lambda who: who.login or "anonymous")
def test_every_cell_is_as_declared(matrix: Matrix, who: Who) -> None:
    wrong = []
    count = 0
    for cell, wanted in matrix.cells(who):
        got = answer(matrix, who, cell)
        count += 1
        if got != wanted:
            wrong.append(f"{cell}: {got}, declared {wanted}")
    assert not wrong, "\n".join(wrong)
    assert count > 180


def test_the_matrix_covers_every_route_and_thousands_of_cells(matrix: Matrix) -> None:
    asked: Counter[tuple[str, Who]] = Counter()
    per_status: Counter[int] = Counter()
    for who in ACTORS:
        for cell, wanted in matrix.cells(who):
            per_status[wanted] += 1
            asked[cell.endpoint, who] += cell.answer != 405
    assert asked.keys() == {(endpoint, who) for endpoint in matrix.policies for who in ACTORS}
    assert sum(per_status.values()) > 4000
    assert len(ACTORS) >= 14
    assert all(per_status[status] > 20 for status in (200, 302, 403, 404, 405, 409, 422)), per_status
    assert all(per_status[status] for status in (401, 410, 413)), per_status


def test_every_declared_permission_is_in_the_second_opinion(matrix: Matrix) -> None:
    asked = {policy.permission.value for policy in matrix.policies.values()}
    assert asked - {"public", "signed_in"} <= ROLES.keys()


def test_whoever_belongs_to_a_disabled_unit_reads_why(matrix: Matrix) -> None:
    login = "fx-clerk-disabled-unit"
    browser = matrix.site.fresh(login)
    unit_type = matrix.site.units[login].unit_type
    refused = browser.get(f"/u/{unit_type}/", status=403)
    assert REASON in refused.text
    assert REASON in browser.get("/").text
