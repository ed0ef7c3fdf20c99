"""WTForms fields that carry their `FieldSpec`: it alone says what is accepted.

Errors are `Text`, so that a page or an API answer shows them in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

import wtforms
from wtforms.validators import StopValidation

from core.api import reading
from core.api.reading import clean
from core.domain.schema import FieldSpec
from core.domain.text import Text

#: Largest number accepted, in smallest units: its sums over a province still fit a database's 64-bit integer.
LARGEST = 10**12
#: The same for amounts in yuan, which are summed in fen.
LARGEST_YUAN = LARGEST // 100

Rule = Callable[[Any, Any], None]


class Refused(StopValidation):
    """A field's value breaks a rule; the message says which and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(Text(zh, en))  # type: ignore[arg-type]


def _guarded(rule: Rule) -> Rule:
    """A rule whose accidents are not taken for its verdict: WTForms shows the words of any ValueError to the user."""

    def check(form: Any, field: Any) -> None:
        try:
            rule(form, field)
        except StopValidation:
            raise
        except ValueError as error:
            raise RuntimeError(f"a rule of {field.name!r} failed: {error}") from error

    return check


def is_typed(item: Any) -> bool:
    """Whether somebody typed this: blanks and invisible signs are nothing."""
    return isinstance(item, str) and bool(clean(item))


class SpecField(wtforms.Field):
    """A single value. Subclasses turn clean, non-empty text into `data` and `data` into JSON."""

    def __init__(self, spec: FieldSpec, rules: Sequence[Rule] = (), **kwargs: Any) -> None:
        super().__init__(label=spec.label, validators=[_guarded(rule) for rule in rules], **kwargs)  # type: ignore[arg-type]
        self.spec = spec
        self.rules = tuple(rules)

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else ""

    def touched(self) -> bool:
        """Whether anything was typed but blanks."""
        return any(is_typed(item) for item in self.raw_data or ())

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = clean(valuelist[0]) if valuelist and isinstance(valuelist[0], str) else ""
        self.data = self.read(typed) if typed else None

    def pre_validate(self, form: Any) -> None:
        if self.process_errors:
            raise StopValidation()
        if self.data is None:
            if self.spec.required:
                raise Refused("请填写此项", "Please fill this in")
            raise StopValidation()
        self.check()

    def read(self, typed: str) -> Any:
        return typed

    def check(self) -> None:
        """Raise Refused where `data` is outside the spec's bounds."""

    def to_json(self) -> Any:
        return self.data


class Line(SpecField):
    """Text: one line, or several where the spec says so."""

    def read(self, typed: str) -> str:
        return typed if self.spec.kind == "long_text" else reading.one_line(typed)

    def check(self) -> None:
        longest, shortest = self.spec.max_length, self.spec.min_length
        size = len(self.data)
        if longest and size > longest:
            raise Refused(
                f"最多 {longest} 个字，现有 {size} 个", f"At most {_many(longest, 'character')}; now {size}"
            )
        if shortest and size < shortest:
            raise Refused(
                f"至少 {shortest} 个字，现有 {size} 个",
                f"At least {_many(shortest, 'character')}; now {size}",
            )


class Url(Line):
    def check(self) -> None:
        super().check()
        if not reading.is_web_address(self.data):
            raise Refused(
                "请填写以 http:// 或 https:// 开头的网址，不含用户名和密码",
                "Enter an address that begins with https://, without a name and password",
            )


class Number(SpecField):
    """A whole or decimal number; thousands separators and full-width digits are understood."""

    def read(self, typed: str) -> Any:
        try:
            number = reading.number(typed)
        except ValueError:
            raise ValueError(Text("请填写数字，例如 1200", "Enter a number, e.g. 1200")) from None
        if abs(number) > LARGEST:
            raise ValueError(Text("数字太大", "The number is too large"))
        places = self.spec.decimals
        exact = number.quantize(Decimal(1).scaleb(-places)) + 0  # not -0
        if number != exact:
            if self.spec.kind == "whole":
                raise ValueError(Text("请填写整数", "Enter a whole number"))
            raise ValueError(Text(f"最多 {places} 位小数", f"At most {_many(places, 'decimal')}"))
        return int(exact) if self.spec.kind == "whole" else exact

    def check(self) -> None:
        low, high = self.spec.minimum, self.spec.maximum
        if low is not None and self.data < low:
            raise Refused(f"不能小于 {low}", f"Must be at least {low}")
        if high is not None and self.data > high:
            raise Refused(f"不能大于 {high}", f"Must be at most {high}")

    def to_json(self) -> Any:
        return self.data if self.data is None or self.spec.kind == "whole" else f"{self.data:f}"


class Day(SpecField):
    def read(self, typed: str) -> date:
        try:
            return reading.day(typed)
        except ValueError:
            raise ValueError(Text("请填写日期，例如 2020-11-12", "Enter a date, e.g. 2020-11-12")) from None

    def to_json(self) -> Any:
        return self.data and self.data.isoformat()


class Moment(SpecField):
    """A local date and time, to the minute, as the campaign's clock shows it: in the form's `zone`."""

    def read(self, typed: str) -> datetime:
        try:
            return reading.moment(typed, self._form.zone)  # type: ignore[attr-defined]  # absent from the stubs
        except ValueError:
            raise ValueError(
                Text("请填写日期和时间，例如 2020-11-12 09:30", "Enter date and time, e.g. 2020-11-12 09:30")
            ) from None

    def to_json(self) -> Any:
        return self.data and self.data.isoformat(timespec="minutes")


class OneOf(SpecField):
    def check(self) -> None:
        if self.data not in {choice.value for choice in self.spec.choices}:
            raise Refused("请从列出的选项中选择", "Choose one of the options listed")


class YesNo(SpecField):
    """Yes or no. One with a default is answered by it wherever nothing was chosen."""

    values: ClassVar[dict[str, bool]] = {"yes": True, "no": False}

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        if self.data is None:
            self.data = self.default

    def read(self, typed: str) -> bool:
        if typed not in self.values:
            raise ValueError(Text("请选择“是”或“否”", "Choose yes or no"))
        return self.values[typed]

    def touched(self) -> bool:
        """Whether an answer was given that the default does not give: an untouched row holds it too."""
        return super().touched() and (self.data != self.default or bool(self.process_errors))

    def _value(self) -> str:
        if super().touched():
            return super()._value()
        return {True: "yes", False: "no"}.get(self.data, "")


class ManyOf(SpecField):
    strange: Sequence[str] = ()

    def process_formdata(self, valuelist: list[Any]) -> None:
        chosen = [choice.value for choice in self.spec.choices if choice.value in valuelist]
        self.strange = [value for value in valuelist if value and value not in chosen]
        self.data = chosen or None

    def pre_validate(self, form: Any) -> None:
        if self.strange:
            raise Refused("请从列出的选项中选择", "Choose from the options listed")
        if self.data is None and self.spec.required:
            raise Refused("请至少选择一项", "Choose at least one")
        super().pre_validate(form)

    def to_json(self) -> Any:
        return self.data or []


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
