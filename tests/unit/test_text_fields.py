"""Texts and web addresses."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api import (
    long_text,
    text,
    url,
)
from core.api.reading import clean
from tests.unit.asked import kept, one, refused


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  讲座 \n", "讲座"),
        ("a\x00b\x07c\x7f", "abc"),
        ("a\u200bb\u200cc\u2060d\ufeff", "abcd"),
        ("\u202egpj.exe\u202c\u2066x\u2069", "gpj.exex"),
        ("a\ud800b", "ab"),
        ("a\ue000b\U000f0000c", "abc"),
        ("a\ufdd0b\U0001fffeb", "abb"),
        ("a\u00adb", "ab"),
        ("👨\u200d👩", "👨👩"),
        ("一\r\n二\r三\u2028四\u2029五\v六\x85七", "一\n二\n三\n四\n五\n六\n七"),
        ("a\tb", "a\tb"),
        ("e\u0301", "é"),
        ("e\u200d\u0301", "é"),
        ("\U00020bb7\U00031350", "\U00020bb7\U00031350"),
    ],
)
def test_text_is_cleaned_of_what_nobody_types(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned


@given(st.text())
def test_cleaning_leaves_nothing_to_clean_and_nothing_that_a_database_refuses(typed: str) -> None:
    cleaned = clean(typed)
    assert clean(cleaned) == cleaned
    cleaned.encode()
    unseen = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert not any(
        unicodedata.category(sign) in unseen for sign in cleaned.replace("\n", "").replace("\t", "")
    )


@given(st.text())
def test_one_line_of_text_never_holds_a_line_break(typed: str) -> None:
    form = one(text("题"), typed)
    assert "\n" not in (form.answers()["it"].data or "")


@pytest.mark.parametrize("typed", ["一行\n又一行", "一行\r\n  又一行", "一行\t又一行", "一行 \n\n 又一行"])
def test_line_breaks_in_one_line_become_a_blank(typed: str) -> None:
    assert kept(text("题"), typed) == "一行 又一行"


def test_several_lines_stay_lines() -> None:
    assert kept(long_text("文"), "一\r\n\r\n二\t三") == "一\n\n二\t三"


@pytest.mark.parametrize("field", [text("题", max_length=5), long_text("文", max_length=5)])
def test_a_text_has_a_longest_length_which_the_refusal_names(field: Any) -> None:
    assert kept(field, "字" * 5) == "字" * 5
    reason = refused(field, "字" * 6)
    assert (reason.zh, reason.en) == ("最多 5 个字，现有 6 个", "At most 5 characters; now 6")


def test_a_text_may_have_a_shortest_length_which_the_refusal_names() -> None:
    field = long_text("文", min_length=3)
    assert kept(field, " 一二三 ") == "一二三"
    assert refused(field, "一二").en == "At least 3 characters; now 2"
    assert refused(long_text("文", min_length=20, required=False), "短").zh == "至少 20 个字，现有 1 个"


@pytest.mark.parametrize(
    "typed",
    [
        "https://example.org",
        "http://example.org:8080/a/b?c=d&e=f#g",
        "HTTPS://Example.ORG/A",
        "https://例子.中国/路径",
        "https://[2001:db8::1]/x",
        "https://192.0.2.1/",
        "https://example.org/@name",
    ],
)
def test_web_addresses_are_accepted(typed: str) -> None:
    assert kept(url("址"), typed) == typed


@pytest.mark.parametrize(
    "typed",
    [
        "example.org",
        "ftp://example.org",
        "javascript:alert(1)",
        "https:example.org",
        "https://",
        "https:///path",
        "https://:443/",
        "https://?q",
        "https://someone:secret@example.org",
        "https://someone@example.org",
        "https://@example.org",
        "https://example.org\\@other.example",
        "https://example.org:port/",
        "https://example.org:99999/",
        "https://[2001:db8::1/",
        "https://exam ple.org",
        "https://example.org/a\nb",
        'https://example.org/"onclick="x',
        "看这里 https://example.org",
    ],
)
def test_what_is_no_web_address_or_hides_a_password_is_refused(typed: str) -> None:
    assert "https://" in refused(url("址"), typed).zh
