"""Every route × method × actor answers as declared (check Z1): a generated table of thousands of cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.conftest import opened
from tests.web.matrix import ACTORS, ROLES, Cell, Matrix, Who, prepare
from tests.web.targets import REASON


@pytest.fixture(scope="module")
def matrix(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    with opened(filled_folder, tmp_path_factory.mktemp("matrix") / "data") as site:
        yield prepare(site)


def answer(matrix: Matrix, who: Who, cell: Cell) -> int:
    """Send the cell's request; the address is the actor's own, so that no throttle is shared."""
    data = dict(cell.data)
    if cell.method not in ("GET", "HEAD", "OPTIONS"):
        data["csrf_token"] = matrix.site.token(who.login)
    if cell.endpoint == "account.sign_in":
        data["login"] = f"nobody-{who.login}"
    place = f"10.0.0.{ACTORS.index(who) + 1}"
    client = matrix.site.client(who.login)
    found = client.open(cell.url, method=cell.method, data=data or None, environ_base={"REMOTE_ADDR": place})
    if found.status_code == 302 and who.anonymous and matrix.policies[cell.endpoint].permission != "public":
        assert found.location.startswith("/login"), f"{cell}: sent to {found.location}"
    found.close()
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
