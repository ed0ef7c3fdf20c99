"""A plugin's own tables, seen through a narrow door: it reads at once, and what it writes is applied later.

What may be read is a plain `select` of the tables that the plugin declares: no SQL as text, no writing on the way, no
function of the database beyond those that count and compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ClauseElement, MetaData, Select, inspect, select
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.sql.visitors import iterate

from core.domain.access import Scope
from core.store.db import Base
from core.store.lending import Lent

Row = TypeVar("Row")

#: Functions that a statement may call; others of a database can run SQL, sleep, or read its files.
_OF_TEXT = {"coalesce", "concat", "length", "lower", "nullif", "replace", "substr", "trim", "upper"}
FUNCTIONS = _OF_TEXT | {"abs", "avg", "ceil", "count", "floor", "max", "min", "round", "sum"}
#: Parts of a statement whose text could name any table, or that write.
_REFUSED = frozenset(("textclause", "text_as_from", "insert", "update", "delete"))


class Foreign(PermissionError):
    """A plugin named a table that is not its own."""


class OwnRows:
    """Rows of the tables that a plugin declares. `refuse` is raised where nothing may be handed over."""

    def __init__(self, declared: MetaData | None, refuse: type[Exception] | None = None) -> None:
        self._declared = declared
        self._refuse = refuse
        self._lent = Lent(Scope())
        self.pending: list[tuple[str, Any]] = []

    def all(self, statement: Any) -> Sequence[Any]:
        """Every row; a select of one table gives its objects, one of columns gives rows."""
        self._check(statement)
        with self._lent as session:
            answer = session.execute(statement)
            found = list(answer.scalars() if _is_single(statement) else answer)
            session.expunge_all()
        return found

    def first(self, statement: Any) -> Any:
        return next(iter(self.all(statement.limit(1))), None)

    def get(self, table: type[Row], key: Any) -> Row | None:
        found: Row | None = self.first(select(table).where(*_is_key(table, key)))
        return found

    def put(self, row: Any) -> None:
        self._hand_over("put", row)

    def remove(self, row: Any) -> None:
        self._hand_over("remove", row)

    def _hand_over(self, what: str, row: Any) -> None:
        if self._lent.is_over:
            raise TimeoutError("this call is over: nothing more is written")
        if self._refuse is not None:
            raise self._refuse("a page only shows: write in a deed, a job, an event or a command")
        self._own_class(inspect(type(row)))
        self.pending.append((what, row))

    def close(self) -> None:
        """End reading; whoever still holds this can do nothing more with it."""
        self._lent.take_back()

    def apply(self, session: Session) -> None:
        """Write what was handed over in the transaction of a deed; conflicts raise sqlalchemy's errors."""
        with session.no_autoflush:
            for what, row in self.pending:
                _refuse_sql(row)
                if what == "put":
                    session.merge(row)
                else:
                    session.delete(session.merge(row))
                session.flush()

    def _check(self, statement: Any) -> None:
        if not isinstance(statement, Select):
            raise Foreign("only a select(…) can be read; write with put() and remove()")
        for part in iterate(statement):
            self._check_part(part)

    def _check_part(self, part: Any) -> None:
        kind = part.__visit_name__
        if kind == "table":
            self._own(part)
        elif kind in _REFUSED or (getattr(part, "is_literal", False) and part.name != "*") or _has_text(part):
            raise Foreign(
                "SQL as text could name any table, and reading writes nothing: use the table's columns"
            )
        elif kind == "function" and (part.name.lower() not in FUNCTIONS or part.packagenames):
            raise Foreign(f"the function {part.name!r} is not one of {', '.join(sorted(FUNCTIONS))}")
        elif isinstance(getattr(part, "operator", None), custom_op):
            raise Foreign("an operator of your own is SQL as text: use those of the columns")
        entity = getattr(part, "_annotations", {}).get("parententity")
        if entity is not None:
            self._own_class(entity.mapper)

    def _own_class(self, mapper: Mapper[Any], seen: frozenset[Any] = frozenset()) -> None:
        """The tables of a class, and of the classes that it is related to: what is read or written with it."""
        for table in mapper.tables:
            self._own(table)
        for related in mapper.relationships:
            if related.mapper not in seen:
                self._own_class(related.mapper, seen | {mapper, related.mapper})

    def _own(self, table: Any) -> None:
        """Whether it is one of the declared tables, and not one that the core has under this name."""
        declared = self._declared.tables if self._declared is not None else {}
        own = declared.get(getattr(table, "key", ""))
        # A mapped table stands in a statement as a copy with notes, which has the table's hash.
        if own is None or hash(own) != hash(table) or table.name in Base.metadata.tables:
            raise Foreign(f"table {table.name!r} is not the plugin's own")


def _has_text(part: Any) -> bool:
    """Whether a select, at any depth, locks rows or carries words of SQL beside its columns."""
    beside = ("_prefixes", "_suffixes", "_hints", "_statement_hints")
    locks = getattr(part, "_for_update_arg", None) is not None
    return isinstance(part, Select) and (locks or any(getattr(part, name, None) for name in beside))


def _refuse_sql(row: Any) -> None:
    for name, value in vars(row).items():
        if isinstance(value, ClauseElement) or hasattr(type(value), "__clause_element__"):
            raise Foreign(f"{name}: a value is wanted, not SQL")


def _is_single(statement: Select[Any]) -> bool:
    described = statement.column_descriptions
    return (
        len(described) == 1
        and isinstance(described[0].get("entity"), type)
        and (described[0]["expr"] is described[0]["entity"])
    )


def _is_key(table: type[Any], key: Any) -> list[Any]:
    columns = inspect(table).primary_key
    values = key if isinstance(key, tuple) else (key,)
    if len(columns) != len(values):
        raise ValueError(f"{table.__name__} has a key of {len(columns)} parts")
    return [column == value for column, value in zip(columns, values, strict=True)]
