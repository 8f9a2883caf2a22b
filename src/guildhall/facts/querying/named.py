"""The text of a named query: its header, its parameters, the tables it reads.

Header lines are comments: `-- in: since timestamp`, `-- out: units wide 1e-8 of asset`; other comment lines
say in words what is asked. Parameters stand in the text as `:since`. Kinds are those of tables, and `wide`: a
whole number of 38 digits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.facts.tables import KINDS, arrow_type

if TYPE_CHECKING:
    import pyarrow as pa

WIDE = "wide"
IN_FORCE = "_in_force"
_LINE = re.compile(r"--\s*(in|out):\s*([a-z_][a-z0-9_]*)\s+([a-z0-9]+)\s*(.*)")
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_WORD = re.compile(r"[a-z_][a-z0-9_]*")
_QUOTED = re.compile(r"'(?:[^']|'')*'")


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a column that comes out."""

    name: str
    kind: str
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """One named query. `tables` are those it reads, `in_force` those it reads only the rows in force of."""

    name: str
    doc: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    sql: str
    tables: frozenset[str]
    in_force: frozenset[str]

    def bound(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters, checked against the header. Raises BadInput."""
        wanted = {field.name: field for field in self.inputs}
        for name in sorted(set(params) - set(wanted)):
            raise self._bad(name, "is not what this query takes", "与该查询的参数不符")
        for field in self.inputs:
            if field.name not in params:
                raise self._bad(field.name, f"is missing ({field.kind})", f"未给出（{field.kind}）")
        return {name: self._value(wanted[name], value) for name, value in params.items()}

    def text(self, mark: str) -> str:
        """The SQL with parameters marked as an engine wants them (`$`, `:`)."""
        return _PARAMETER.sub(lambda found: f"{mark}{found.group(1)}", self.sql)

    def shaped(self, answer: pa.Table) -> pa.Table:
        """The answer in exactly the columns and kinds of the header. Raises BadInput when it is not that."""
        import pyarrow as pa

        if answer.column_names != [field.name for field in self.outputs]:
            raise self._bad(", ".join(answer.column_names), "are not the columns declared", "与声明的列不符")
        schema = pa.schema([pa.field(field.name, _arrow(field.kind)) for field in self.outputs])
        for field, column in zip(self.outputs, answer.columns, strict=True):
            if pa.types.is_floating(column.type):
                raise self._bad(field.name, "came out as a float", "结果为浮点数")
        try:
            return answer.cast(schema)
        except pa.ArrowInvalid as error:
            raise self._bad(str(error), "(past what was declared)", "（超出声明的范围）") from error

    def _value(self, field: Field, value: Any) -> Any:
        kinds: dict[str, type] = {"string": str, "int64": int, WIDE: int, "bool": bool, "date": date}
        if field.kind == "timestamp":
            if isinstance(value, datetime) and value.tzinfo is not None:
                return value.astimezone(UTC)
        elif isinstance(value, kinds[field.kind]) and not (
            isinstance(value, datetime) or (field.kind == "int64" and isinstance(value, bool))
        ):
            return value
        raise self._bad(field.name, f"is not of the kind {field.kind}", f"类型应为 {field.kind}")

    def _bad(self, what: str, en: str, zh: str) -> BadInput:
        return BadInput(Text(f"{self.name}: {what} {en}.", f"{self.name}：{what} {zh}。"), field=what)


def parse(name: str, text: str, known: set[str]) -> Named:
    """Read a query's file; `known` are the names of all tables. Raises BadInput."""
    fields: dict[str, list[Field]] = {"in": [], "out": []}
    words, lines = [], []
    for line in text.splitlines():
        bare = line.strip()
        if not bare.startswith("--"):
            lines.append(line.partition("--")[0])
            continue
        told = _LINE.match(bare)
        if told:
            fields[told[1]].append(Field(told[2], told[3], told[4]))
        else:
            words.append(bare.removeprefix("--").strip())
    sql = "\n".join(lines).strip().rstrip(";")
    used = set(_WORD.findall(_QUOTED.sub("''", sql)))
    in_force = frozenset(one for one in known if one + IN_FORCE in used)
    query = Named(
        name, " ".join(words), tuple(fields["in"]), tuple(fields["out"]), sql,
        frozenset(used & known) | in_force, in_force,
    )  # fmt: skip
    wrong = [field.name for field in (*query.inputs, *query.outputs) if field.kind not in (*KINDS, WIDE)]
    marked = set(_PARAMETER.findall(_QUOTED.sub("''", sql)))
    wrong += sorted(marked ^ {field.name for field in query.inputs})
    if wrong or not query.outputs:
        what = wrong[0] if wrong else "the header"
        raise BadInput(
            Text(f"{name}: {what} is not declared as it is used.", f"{name}：{what} 的声明与使用不符。")
        )
    return query


def _arrow(kind: str) -> pa.DataType:
    import pyarrow as pa

    return pa.decimal128(38, 0) if kind == WIDE else arrow_type(kind)
