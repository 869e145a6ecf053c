"""What a table is, as data: its columns, their kinds, what they mean and what they may hold.

The words are read by many; pandera, which checks tables against them, is loaded when a table is checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    import pandas as pd

Table = TypeVar("Table", bound="pd.DataFrame")
Kind = Literal["text", "number", "whole", "list", "geometry"]
Bounds = tuple[float, bool, float, bool]
"""The least and the greatest value, and whether these themselves are taken."""
POSITIVE: Bounds = (0.0, True, float("inf"), False)
ABOVE_ZERO: Bounds = (0.0, False, float("inf"), False)
SHARE: Bounds = (0.0, True, 1.000001, True)


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    kind : of its values; a whole number is never missing
    title, description : short and long
    nullable : whether a value may be missing
    meanings : the only values that a text takes, each with its meaning
    bounds : or what a number lies between
    unique : whether no two rows have the same value
    """

    kind: Kind
    title: str
    description: str
    nullable: bool = False
    meanings: Mapping[str, str] | None = None
    bounds: Bounds | None = None
    unique: bool = False


def text(title: str, description: str, *, nullable: bool = False, among: Mapping[str, str] | None = None) -> Column:
    """A column of text, of a few words if these are given with their meanings."""
    return Column("text", title, description, nullable, among)


def number(title: str, description: str, bounds: Bounds | None = None, *, nullable: bool = False) -> Column:
    """A column of numbers."""
    return Column("number", title, description, nullable, bounds=bounds)


def count(title: str, description: str) -> Column:
    """A column of whole numbers from 0."""
    return Column("whole", title, description, bounds=POSITIVE)


def listed(title: str, description: str) -> Column:
    """A column of lists."""
    return Column("list", title, description)


def geometry(title: str, description: str) -> Column:
    """A column of geometry, which may be missing."""
    return Column("geometry", title, description, nullable=True)


@dataclass(frozen=True)
class Schema:
    """A table by its columns, in order; it has these and no others, but for `further` ones, by patterns of names.

    What the group of such a pattern finds stands in the column's title and description in the place of `{}`.
    """

    columns: Mapping[str, Column]
    further: Mapping[str, Column] = field(default_factory=dict)

    def validate(self, table: Table) -> Table:
        """The table with its columns as the schema has them. Raises pandera's SchemaError for another table."""
        checked: Table = self._checker.validate(table)
        return checked

    def column(self, name: str) -> Column | None:
        """What a column is, also one of the further ones; None for one that is not of this table."""
        if name in self.columns:
            return self.columns[name]
        for pattern, column in self.further.items():
            if found := re.fullmatch(pattern, name):
                words = {key: getattr(column, key).format(*found.groups()) for key in ("title", "description")}
                return replace(column, **words)
        return None

    def empty(self) -> pd.DataFrame:
        """A table of this schema without rows."""
        import pandas as pd

        return pd.DataFrame({name: pd.Series(dtype=object) for name in self.columns})

    @cached_property
    def _checker(self) -> Any:
        import pandera.pandas as pa

        columns = {name: _checked(column) for name, column in self.columns.items()}
        further = {rf"^{name}$": _checked(column, regex=True) for name, column in self.further.items()}
        return pa.DataFrameSchema(columns | further, strict=True)


def _checked(column: Column, *, regex: bool = False) -> Any:
    """A column as pandera checks it; or any number of them, whose names fit an expression."""
    import numpy as np
    import pandas as pd
    import pandera.pandas as pa

    checks = []
    if column.meanings is not None:
        checks.append(pa.Check.isin(list(column.meanings)))
    if column.bounds is not None:
        least, least_taken, greatest, greatest_taken = column.bounds
        if np.isfinite(greatest):
            checks.append(pa.Check.in_range(least, greatest, include_min=least_taken, include_max=greatest_taken))
        else:
            checks.append(pa.Check.ge(least) if least_taken else pa.Check.gt(least))
    if column.kind == "list":
        checks.append(
            pa.Check(
                lambda values: values.map(lambda value: isinstance(value, list | np.ndarray)),
                error="a list was expected",
            )
        )
    dtypes = {"text": pd.StringDtype(na_value=np.nan), "number": float, "whole": "int64", "list": object}
    return pa.Column(
        dtypes.get(column.kind), checks, nullable=column.nullable, unique=column.unique,
        coerce=column.kind in ("text", "number", "whole"), regex=regex, required=not regex,
    )  # fmt: skip
