"""Tables of a plugin's own, in its ``models.py``:

    class Base(OwnTables, DeclarativeBase):
        plugin_key = "parcels"

    class Stock(Base):
        __tablename__ = "parcels_stock"

A plugin's tables have its key as prefix and their own history of migrations, so that the plugin can leave without
breaking the core's. They refer to core rows by id alone, without foreign keys, for the same reason.
"""

from __future__ import annotations

from typing import Any


class OwnTables:
    """Mixin of a plugin's declarative base: refuses a table without the plugin's prefix."""

    plugin_key: str

    def __init_subclass__(cls, **options: Any) -> None:
        table = cls.__dict__.get("__tablename__")
        if table is not None and not table.startswith(f"{cls.plugin_key}_"):
            raise TypeError(
                f"table {table!r}: a table of plugin {cls.plugin_key!r} begins with {cls.plugin_key}_"
            )
        super().__init_subclass__(**options)
