"""`dudao plugin new` and `plugin eject --distribution` write plugins that work at once, whatever was answered."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from configparser import RawConfigParser
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.commands.plugins import plugin as group
from core.domain.calendar import Cadence
from core.domain.declare import UnitKind
from core.domain.text import Text
from core.extend.discover import find
from core.extend.host import PluginHost
from core.extend.sheet import read
from core.scaffold import Answers, Wrong, answers, distribution, ejected

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "core" / "data" / "sheet-template.toml"
PARCELS = Answers(
    "parcels",
    Text("寄递", "Parcels"),
    (UnitKind("company", Text("寄递企业", "Company")), UnitKind("depot", Text("营业点", "Depot"))),
    "PCL-01",
    Text("随件发放宣传单", "Hand out leaflets"),
    Cadence("week", 2),
)
OPTIONS = (
    "--key=parcels", "--title=寄递", "--title-en=Parcels", "--kind=company:寄递企业:Company", "--kind=depot:营业点",
    "--duty=PCL-01:随件发放宣传单:Hand out leaflets", "--cadence=weekly:2",
)  # fmt: skip
PACKAGE = {
    "__init__.py", "duties.py", "reports.py", "pages.py",
    "templates/parcels/periods.html", "templates/parcels/so_far.html",
    "translations/en/LC_MESSAGES/messages.po", "translations/zh_Hans_CN/LC_MESSAGES/messages.po",
}  # fmt: skip
AROUND = {"setup.cfg", "pyproject.toml", "README.md", "tests/test_parcels.py", "tests/conformance_test.py"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder; settings of the surroundings do not reach the commands."""
    for name in [name for name in os.environ if name.startswith("DUDAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def new(*arguments: object, typed: str | None = None, code: int = 0) -> str:
    result: Result = CliRunner().invoke(group, ["new", *map(str, arguments)], input=typed)
    assert result.exit_code == code, result.output
    return result.output


def written(files: dict[str, str], folder: Path) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def paths(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def loaded(folder: Path) -> PluginHost:
    """A host that has accepted the plugin of a folder beside the bundled ones."""
    host = PluginHost()
    registry = host.load(find(folder))
    assert not registry.quarantined, registry.quarantined
    return host


# -- options, questions, refusals --------------------------------------------------------------------------------------


def test_options_give_a_distribution_and_nothing_is_asked(folder: Path) -> None:
    told = new("mine", *OPTIONS)
    assert paths(folder / "mine") == AROUND | {f"dudao_parcels/{path}" for path in PACKAGE}
    assert {path: (folder / "mine" / path).read_text("utf-8") for path in paths(folder / "mine")} == (
        distribution(PARCELS)
    )
    assert "dudao demo --plugins-dir mine" in told and "dudao plugin check mine" in told
    assert paths(folder) == {f"mine/{path}" for path in paths(folder / "mine")}, "nothing else is made"


def test_minimal_gives_one_short_file_and_its_tests(folder: Path) -> None:
    new("mine", *OPTIONS, "--minimal")
    assert paths(folder / "mine") == {
        "dudao_parcels.py", "tests/test_parcels.py", "tests/conformance_test.py", "pytest.ini"
    }  # fmt: skip
    assert len((folder / "mine" / "dudao_parcels.py").read_text("utf-8").splitlines()) <= 26


def test_yes_takes_what_is_proposed_from_the_name(folder: Path) -> None:
    new("dudao-water-works", "--yes", "--into", "made/here")
    registry = PluginHost().load(find(folder / "made" / "here" / "dudao-water-works"))
    plugin = registry.plugins["water_works"]
    assert plugin.title == Text("Dudao water works单位", "Water works")
    [unit_type] = plugin.unit_types
    assert [kind.key for kind in unit_type.kinds] == ["member"]
    assert [duty.code for duty in unit_type.duties] == ["WTR-01"]


def test_what_is_left_open_is_asked_and_a_wrong_answer_is_asked_again(folder: Path) -> None:
    told = new(
        "parcels",
        typed="Parcels\nparcels\n寄递\nParcels\ncompany\ncompany:寄递企业:Company\ndepot:营业点\n\n"
        "PCL-1:x:X\nPCL-01:随件发放宣传单:Hand out leaflets\nsometimes\nweekly:2\n",
    )
    assert told.count("Error: ") == 4
    made = folder / "parcels"
    assert {path: (made / path).read_text("utf-8") for path in paths(made)} == distribution(PARCELS)


def test_enter_takes_what_is_proposed(folder: Path) -> None:
    new("one", typed="\n" * 8)
    new("two", "--key=one", "--title=One单位", "--yes")
    assert (folder / "one/dudao_one/duties.py").read_bytes() == (
        folder / "two/dudao_one/duties.py"
    ).read_bytes()


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--key=Parcels", "is no key"),
        ("--title-en=寄递 companies", "holds Chinese"),
        ("--duty=PCL-01:Hand out:Hand out", "stands in place of the Chinese title"),
        ("--key=banks", "key 'banks' is taken by another installed plugin"),
        ("--title= ", "a title cannot be empty"),
        ("--title=两\n行", "one line"),
        ("--title=" + "长" * 101, "at most 100"),
        ("--title=\u202e反", "signs that can be seen"),
        ("--kind=company", "a kind is written as"),
        ("--kind=Company:寄递", "is no key"),
        ("--kind=company:", "a title cannot be empty"),
        ("--kind=depot:甲", "kind 'depot' is named twice"),
        ("--duty=PCL-01", "a duty is written as"),
        ("--duty=PCL-01:甲", "needs an English title"),
        ("--duty=pcl-01:甲:A", "is no duty code"),
        ("--duty=CAR-03:甲:A", "duty code CAR-03 is already used by plugin 'carriers'"),
        ("--cadence=weekly:0", "is no cadence"),
        ("--cadence=daily:2", "is no cadence"),
    ],
)
def test_bad_answers_and_taken_keys_are_refused_in_one_sentence(option: str, says: str, folder: Path) -> None:
    told = new("mine", *OPTIONS, option, code=1)
    assert says in told and told.startswith("Error: ") and "Traceback" not in told
    assert not (folder / "mine").exists()


@pytest.mark.parametrize("name", ["../mine", "a/b", ".mine", "a\tb"])
def test_the_name_is_that_of_a_folder(name: str, folder: Path) -> None:
    assert "is no name for a folder" in new(name, *OPTIONS, code=1)


def test_a_name_that_gives_no_key_asks_for_one(folder: Path) -> None:
    assert "--key" in new("寄递", "--yes", code=1)
    new("寄递", "--yes", "--key=parcels")
    assert (folder / "寄递" / "dudao_parcels" / "__init__.py").is_file()


def test_keys_of_plugins_in_the_folder_of_plugins_are_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new("mine", *OPTIONS)
    monkeypatch.setenv("DUDAO_PLUGINS_DIR", str(folder / "mine"))
    assert "key 'parcels' is taken" in new("other", *OPTIONS, code=1)
    told = new("other", *OPTIONS, "--key=letters", code=1)
    assert "duty code PCL-01 is already used by plugin 'parcels'" in told


def test_nothing_is_overwritten(folder: Path) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "README.md").write_text("my own", "utf-8")
    assert "README.md" in new("mine", *OPTIONS, code=1)
    assert paths(folder) == {"mine/README.md"}
    assert (folder / "mine" / "README.md").read_text("utf-8") == "my own"


# -- what is written ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minimal", [False, True])
def test_the_host_accepts_it_beside_the_bundled_plugins(minimal: bool, tmp_path: Path) -> None:
    host = loaded(written(distribution(replace(PARCELS, minimal=minimal)), tmp_path))
    pages = host.pages("parcels")
    if minimal:
        assert pages is None
    else:
        assert pages is not None
        assert [page.rule for page in pages.pages] == ["/periods"]
        assert [slot.place for slot in pages.slots] == ["unit.home"]


def test_every_text_of_its_templates_is_in_both_catalogues(tmp_path: Path) -> None:
    package = written(distribution(PARCELS), tmp_path) / "dudao_parcels"
    texts = {text for _f, _l, text, _c, _x in extract_from_dir(str(package), [("**.html", "jinja2")])}
    assert texts
    for locale in ("en", "zh_Hans_CN"):
        with (package / "translations" / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
            catalogue = read_po(file, locale=locale)
        assert {message.id: bool(message.string) for message in catalogue if message.id} == (
            dict.fromkeys(texts, True)
        )
        assert not [error for message in catalogue for error in message.check(catalogue)]


def test_the_distribution_names_package_entry_point_and_version() -> None:
    setup = RawConfigParser()
    setup.read_string(distribution(PARCELS)["setup.cfg"])
    assert setup["metadata"]["name"] == "dudao-parcels"
    assert setup["metadata"]["version"] == answers.VERSION
    assert setup["options.entry_points"]["dudao.plugins"].strip() == "parcels = dudao_parcels"


_SIGNS = st.text(
    st.one_of(st.sampled_from("\"'\\{}%$#`|[]():;<>&寄é👨\u200d👩🏽\u0301n\n"), st.characters(codec="utf-8")),
    max_size=60,
)


@given(
    zh=_SIGNS, en=_SIGNS, due=st.sampled_from(["daily", "weekly:3", "phase", "once"]), minimal=st.booleans()
)
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_the_titles_say_what_is_written_is_a_plugin(
    zh: str, en: str, due: str, minimal: bool
) -> None:
    try:
        text = Text(answers.title(zh), answers.line(en))
    except Wrong:
        return
    given_ = Answers("odd", text, (UnitKind("a", text),), "ODD-01", text, answers.cadence(due), minimal)
    with tempfile.TemporaryDirectory() as folder:
        made = written(distribution(given_), Path(folder))
        registry = PluginHost().load(find(made))
        assert not registry.quarantined, registry.quarantined
        plugin = registry.plugins["odd"]
        [unit_type] = plugin.unit_types
        titles = [plugin.title, unit_type.title, unit_type.kinds[0].title, unit_type.duties[0].title]
        assert titles == [text] * 4
        for path in made.rglob("*.py"):
            compile(path.read_text("utf-8"), str(path), "exec")


@pytest.mark.parametrize("key", ["conformance", "json", "class", "pages", "dudao_x", "a_", "a__b"])
def test_any_key_will_do(key: str, tmp_path: Path) -> None:
    kinds = tuple(UnitKind(name, "单位") for name in ("pages", "title", "duty", "duties", "none"))
    odd = replace(PARCELS, key=key, kinds=kinds)
    for minimal in (False, True):
        folder = tmp_path / str(minimal)
        loaded(written(distribution(replace(odd, minimal=minimal)), folder))
        run("ruff", "check", "--no-cache", "--line-length=110", ".", folder=folder)


# -- with the tools that an author uses --------------------------------------------------------------------------------


def run(*command: str, folder: Path, **more: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT), "PATH": os.environ["PATH"], **more},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


_SHEET = read(TEMPLATE)
MADE = {
    "whole": distribution(PARCELS),
    "minimal": distribution(replace(PARCELS, minimal=True)),
    "ejected": ejected(replace(_SHEET, duties=_SHEET.duties[:1])),
}


@pytest.mark.parametrize("files", MADE.values(), ids=MADE)
def test_it_passes_the_linter_with_its_own_settings_and_with_ours(
    files: dict[str, str], tmp_path: Path
) -> None:
    made = written(files, tmp_path)
    for _ in range(2):
        run("ruff", "check", "--no-cache", "--line-length=110", ".", folder=made)
        run("ruff", "format", "--check", "--diff", "--no-cache", "--line-length=110", ".", folder=made)
        shutil.copy(ROOT / "pyproject.toml", made)


@pytest.mark.slow
@pytest.mark.parametrize("files", MADE.values(), ids=MADE)
def test_its_tests_pass_at_once_and_it_is_typed(files: dict[str, str], tmp_path: Path) -> None:
    made = written(files, tmp_path)
    told = run("pytest", "-q", "-p", "no:cacheprovider", folder=made)
    assert "passed" in told and "warning" not in told
    targets = [] if "pyproject.toml" in files else ["."]
    run("mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache"), *targets, folder=made)


@pytest.mark.slow
def test_installed_it_is_found_by_its_entry_point_with_templates_and_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, target = written(distribution(PARCELS), tmp_path / "made"), tmp_path / "installed"
    pip = ("pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    run(
        *pip, "--target", str(target), ".", folder=made, PIP_DISABLE_PIP_VERSION_CHECK="1", HOME=str(tmp_path)
    )
    assert {f"dudao_parcels/{path}" for path in PACKAGE} <= paths(target)
    monkeypatch.syspath_prepend(str(target))
    importlib.invalidate_caches()
    [found] = [item for item in find() if item.name == "parcels"]
    assert found.source == "distribution dudao-parcels"
    try:
        host = PluginHost()
        registry = host.load([found])
        assert not registry.quarantined and registry.plugins["parcels"].title == Text("寄递", "Parcels")
        assert host.pages("parcels") is not None
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "dudao_parcels"]:
            del sys.modules[name]


# -- a duty sheet ------------------------------------------------------------------------------------------------------


def test_a_duty_sheet_is_ejected_into_a_distribution(folder: Path) -> None:
    done = CliRunner().invoke(group, ["eject", str(TEMPLATE), "made", "--distribution"])
    assert done.exit_code == 0, done.output
    made = paths(folder / "made")
    assert AROUND | {"dudao_parcels/__init__.py", "dudao_parcels/duties.py"} <= made
    assert not any(path.startswith("parcels/") for path in made)
    registry = PluginHost().load(find(folder / "made"))
    assert not registry.quarantined and "parcels" in registry.plugins


def test_a_sheet_whose_key_is_that_of_a_test_keeps_its_tests() -> None:
    made = ejected(replace(read(TEMPLATE), key="conformance"))
    assert {path for path in made if path.startswith("tests/")} == {
        "tests/test_conformance.py", "tests/conformance_test.py"
    }  # fmt: skip
