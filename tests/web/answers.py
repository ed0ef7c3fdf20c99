"""Every kind of answer once: pages, refusals, failures, files, what programs are told."""

from __future__ import annotations

import io
from collections.abc import Callable

from sqlalchemy import select
from werkzeug.test import TestResponse

from core.store.models import EvidenceFile
from tests.web.deeds import BOX
from tests.web.site import Site
from tests.web.tus import URL, Tus


def page(site: Site) -> TestResponse:
    return site.client("office").get("/office/reports")


def redirect(site: Site) -> TestResponse:
    return site.client("office").get("/")


def to_login(site: Site) -> TestResponse:
    return site.visitor().client.get("/account")


def stale(site: Site) -> TestResponse:
    return site.client("office").post("/notices/read")


def wrong_password(site: Site) -> TestResponse:
    return site.post("", "/login", {"login": "office", "password": "wrong"})


def denied(site: Site) -> TestResponse:
    return site.client("office").get("/people/")


def missing(site: Site) -> TestResponse:
    return site.client("office").get(f"/office/reports/{'0' * 32}")


def no_such_page(site: Site) -> TestResponse:
    return site.visitor().client.get("/no/such/page")


def wrong_method(site: Site) -> TestResponse:
    return site.client("office").delete("/office/reports")


def conflict(site: Site) -> TestResponse:
    key = site.units["fx-clerk"].unit_type
    return site.post("office", f"/office/plugins/{key}/enable", {"reason": "again"})


def too_large(site: Site) -> TestResponse:
    site.token("office")
    usual, site.app.config["MAX_FORM_MEMORY_SIZE"] = site.app.config["MAX_FORM_MEMORY_SIZE"], 100
    try:
        return site.post("office", "/notices/read", {"more": "x" * 200})
    finally:
        site.app.config["MAX_FORM_MEMORY_SIZE"] = usual


def too_many_parts(site: Site) -> TestResponse:
    data = {"file": (io.BytesIO(b"x"), "a.txt"), **{f"f{n}": "x" for n in range(600)}}
    return site.client("office").post("/notices/read", data=data)


def invalid(site: Site) -> TestResponse:
    return site.post("office", "/office/units/1/disable")


def throttled(site: Site) -> TestResponse:
    form = {"login": "nobody-at-all", "password": "wrong"}
    for _try in range(11):
        last = site.post("", "/login", form, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    return last


def failing(site: Site) -> TestResponse:
    view = site.app.view_functions["office.units"]

    def fails() -> str:
        raise RuntimeError("secret-in-a-traceback")

    site.app.view_functions["office.units"] = fails
    try:
        return site.client("office").get("/office/units")
    finally:
        site.app.view_functions["office.units"] = view


def style(site: Site) -> TestResponse:
    return site.visitor().client.get("/static/dudao.css")


def library(site: Site) -> TestResponse:
    return site.visitor().client.get("/bootstrap/static/css/bootstrap.min.css")


def unchanged(site: Site) -> TestResponse:
    sheet = style(site)
    etag = sheet.headers["ETag"]
    sheet.close()
    return site.visitor().client.get("/static/dudao.css", headers={"If-None-Match": etag})


def no_such_style(site: Site) -> TestResponse:
    return site.visitor().client.get("/static/none.css")


def alive(site: Site) -> TestResponse:
    return site.visitor().client.get("/healthz")


def ready(site: Site) -> TestResponse:
    return site.visitor().client.get("/readyz")


def head(site: Site) -> TestResponse:
    return site.client("office").head("/office/reports")


def options(site: Site) -> TestResponse:
    return site.client("office").options("/office/reports")


def file(site: Site) -> TestResponse:
    with site.inside() as session:
        found = session.scalar(select(EvidenceFile.id).where(EvidenceFile.kind == "photo").limit(1))
    return site.client("office").get(f"/files/{found}")


def a_file(site: Site) -> EvidenceFile:
    """A picture of the clerk's own in a report."""
    with site.inside() as session:
        own = (EvidenceFile.unit_id == site.units["fx-clerk"].id, EvidenceFile.kind == "photo")
        return session.scalars(select(EvidenceFile).where(*own).order_by(EvidenceFile.id).limit(1)).one()


def preview(site: Site) -> TestResponse:
    return site.client("office").get(f"/files/{a_file(site).id}/preview/thumb.webp")


def own_file(site: Site) -> TestResponse:
    return site.client("fx-clerk").get(f"/files/bag/{a_file(site).bag_id}")


def withheld(site: Site) -> TestResponse:
    """A picture that its unit masks for a moment."""
    file = a_file(site)
    base = f"/u/{site.units['fx-clerk'].unit_type}/bag/{file.bag_id}"
    assert site.post("fx-clerk", f"{base}/mask", BOX).status_code == 302
    answer = site.client("office").get(f"/files/{file.id}")
    assert site.post("fx-clerk", f"{base}/unmask").status_code == 302
    return answer


def states(site: Site) -> TestResponse:
    return site.client("fx-clerk").get(f"/u/{site.units['fx-clerk'].unit_type}/bag/states?id=x")


def example(site: Site) -> TestResponse:
    return site.client("office").get("/examples/banks/notice-good.jpg")


def pack(site: Site) -> TestResponse:
    url = f"/office/packs/report/{a_file(site).report_id}"
    return site.post("office", url, {"reason": "移交检察机关"}, buffered=True)


def upload(site: Site) -> TestResponse:
    client = Tus(site, "fx-clerk")
    url = client.begin(10)
    answer = client.head(url)
    assert client.ask("DELETE", url).status_code == 204
    return answer


def upload_options(site: Site) -> TestResponse:
    return site.visitor().client.options(URL)


def no_such_upload(site: Site) -> TestResponse:
    return Tus(site, "fx-clerk").head(f"{URL}{'0' * 32}")


def upload_of_a_stranger(site: Site) -> TestResponse:
    return Tus(site, "").create(10)


def upload_too_large(site: Site) -> TestResponse:
    return Tus(site, "fx-clerk").create(10**15)


def stale_upload(site: Site) -> TestResponse:
    return Tus(site, "fx-clerk").ask("POST", URL, X_CSRFToken="stale")


def no_such_file(site: Site) -> TestResponse:
    return site.client("office").get(f"/files/{'0' * 32}")


KINDS: dict[Callable[[Site], TestResponse], int] = {
    page: 200, redirect: 302, to_login: 302, stale: 400, wrong_password: 401, denied: 403, missing: 404,
    no_such_page: 404, wrong_method: 405, conflict: 409, too_large: 413, too_many_parts: 413, invalid: 422,
    throttled: 429, failing: 500, style: 200, library: 200, unchanged: 304, no_such_style: 404, alive: 200,
    ready: 200, head: 200, options: 200, file: 200, no_such_file: 404,
    preview: 200, own_file: 200, withheld: 403, states: 200, example: 200, pack: 200, upload: 200,
    upload_options: 200, no_such_upload: 404, upload_of_a_stranger: 401, upload_too_large: 413, stale_upload: 400,
}  # fmt: skip
