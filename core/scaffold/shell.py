"""What stands around a plugin's package in a distribution of its own: build, tools, README, conformance test."""

from __future__ import annotations

from collections.abc import Sequence
from string import Template

from core.domain.text import Text

_SETUP = Template("""\
[metadata]
name = $distribution
version = $version
description = A plugin of Dudao (督导): $key
long_description = file: README.md
long_description_content_type = text/markdown
classifiers =
    Framework :: Flask
    Natural Language :: Chinese (Simplified)
    Natural Language :: English

[options]
packages = find:
python_requires = >=3.11
zip_safe = False
install_requires =
    dudao

[options.packages.find]
include =
    $package*

[options.package_data]
* =
    templates/**
    translations/**
    migrations/**

[options.entry_points]
dudao.plugins =
    $key = $package
""")

_PYPROJECT = Template("""\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
addopts = ["--import-mode=importlib", "--strict-markers", "--strict-config"]

[tool.ruff]
line-length = 110
target-version = "py311"

[tool.ruff.lint]
select = ["A", "B", "C4", "E", "F", "I", "N", "PT", "RUF", "SIM", "UP", "W"]
ignore = [
    "RUF001", # Chinese punctuation is meant
    "RUF002", # the same in docstrings
    "RUF003", # the same in comments
]

[tool.mypy]
strict = true
python_version = "3.11"
files = ["$package", "tests"]

[[tool.mypy.overrides]]
# Dudao's own modules are read for their types; what they themselves need is their affair.
module = ["core.*"]
follow_imports = "silent"
""")

_CONFORMANCE = Template('''\
"""The plugin keeps Dudao's contract: every check of the conformance kit, each as a test."""

from pathlib import Path

import pytest
from core.testing import conformance

import $package


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.name)
def test_conformance(check: conformance.Check, tmp_path: Path) -> None:
    conformance.run_one(check, $package, tmp_path)
''')

_README = Template("""\
# $title

督导（Dudao）插件 `$key`，职责：$codes。[English below](#english)

## 试一试

```sh
python -m pytest                                              # 自带的测试
dudao demo --plugins-dir . --data ../$key-demo --today 2020-11-12
```

演示启动后打印账号；用 `$key-reporter` 登录，即可看到职责、表单$pages_zh。修改代码后，重新启动演示即生效。

## 安装

在督导所在的环境中执行 `pip install .`，重新启动督导，再执行 `dudao plugin enable $key`。

## 内容

| 文件 | 内容 |
|---|---|
$files_zh

## English

The plugin `$key` of Dudao (督导), with $codes.

```sh
python -m pytest                                              # its own tests
dudao demo --plugins-dir . --data ../$key-demo --today 2020-11-12
```

The demo prints its accounts. Sign in as `$key-reporter` to see the duties, their forms$pages_en. A change shows after
the demo is started again.

To install it, run `pip install .` where Dudao is installed, `dudao reload`, then `dudao plugin enable $key`.

| file | what it holds |
|---|---|
$files_en
""")

#: What each file is for, by its path inside the package or beside it.
_FILES: dict[str, tuple[str, str]] = {
    "__init__.py": ("插件的声明", "the plugin's declaration"),
    "duties.py": ("单位性质与职责", "kinds of units and duties"),
    "reports.py": ("报告表单", "report forms"),
    "inspection.py": ("检查项目与回访问题", "inspection items and callback questions"),
    "pages.py": ("自有页面和主页上的栏目", "its own page and its panel on the home page"),
    "templates/": ("自有页面的模板", "templates of its own pages"),
    "translations/": ("自有文字的译文", "translations of its own texts"),
    "tests/": ("测试", "tests"),
}


def shell(
    key: str, package: str, version: str, title: Text, codes: Sequence[str], paths: Sequence[str]
) -> dict[str, str]:
    """The files around a package, by path; `paths` are those of the plugin itself."""
    values = {
        "key": key,
        "package": package,
        "version": version,
        "distribution": distribution_name(key),
    }
    return {
        "setup.cfg": _SETUP.substitute(values),
        "pyproject.toml": _PYPROJECT.substitute(values),
        "README.md": _readme(values, title, codes, package, paths),
        "tests/conformance_test.py": conformance_test(package),
    }


def conformance_test(package: str) -> str:
    return _CONFORMANCE.substitute(package=package)


def distribution_name(key: str) -> str:
    """The name under which it is installed; hyphens stand in for underscores, singly and not at the end."""
    return "-".join(["dudao", *filter(None, key.split("_"))])


def _readme(
    values: dict[str, str], title: Text, codes: Sequence[str], package: str, paths: Sequence[str]
) -> str:
    pages = f"{package}/pages.py" in paths
    told = [
        (f"{package}/{part}" if part != "tests/" else part, words)
        for part, words in _FILES.items()
        if part == "tests/" or any(path.startswith(f"{package}/{part}") for path in paths)
    ]
    return _README.substitute(
        values,
        title=f"{title.zh} · {title.en}" if title.en not in ("", title.zh) else title.zh,
        codes="、".join(f"`{code}`" for code in codes) or "—",
        pages_zh="和自有页面" if pages else "",
        pages_en=" and its own page" if pages else "",
        files_zh="\n".join(f"| `{path}` | {zh} |" for path, (zh, _en) in told),
        files_en="\n".join(f"| `{path}` | {en} |" for path, (_zh, en) in told),
    )
