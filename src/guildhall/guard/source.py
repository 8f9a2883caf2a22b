"""Reads YAML with the line of every key, so that an error can say where it stands.

`load_data` is for files we ship; `read` is for what people write: it refuses duplicate keys, anchors that
explode and anything that is not plain data, and returns a tree of `Node`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

_LONGEST = 200_000
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Node:
    """A value and the line (from 1) it stands on. Mappings hold Nodes by key, sequences hold Nodes."""

    value: Any
    line: int


def load_data(text: str) -> Any:
    """Plain data out of YAML that we wrote ourselves."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, C or Python


def read(text: str) -> Node:
    """The tree of a YAML document. Raises BadInput naming the line."""
    if len(text) > _LONGEST:
        raise BadInput(
            Text(f"The file is longer than {_LONGEST} characters.", f"文件超过 {_LONGEST} 个字符。"),
            field="source",
        )
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "not readable"
        raise BadInput(
            Text(
                f"Line {line}: this is not valid YAML ({problem}).",
                f"第 {line} 行：不是有效的 YAML（{problem}）。",
            ),
            field="source",
            row=line,
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadInput(Text("This is not valid YAML.", "这不是有效的 YAML。"), field="source") from error
    if root is None:
        raise BadInput(Text("The policy is empty.", "策略是空的。"), field="source")
    return _node(root, 0, set())


def _node(node: Any, depth: int, seen: set[int]) -> Node:
    line = node.start_mark.line + 1
    if id(node) in seen:  # an alias gives the same node again; nested aliases would explode
        raise at(line, "", Text("aliases are not allowed; write it out", "不允许使用别名，请直接写出"))
    seen.add(id(node))
    if depth > 8:
        raise at(line, "", Text("nested too deeply", "嵌套过深"))
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Node] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            key_line = key_node.start_mark.line + 1
            if key is None:
                raise at(key_line, "", Text("a key must be plain text", "键必须是普通文本"))
            if key in values:
                raise at(key_line, key, Text("stands here twice", "重复出现"))
            child = _node(value_node, depth + 1, seen)
            values[key] = Node(child.value, key_line)
        return Node(values, line)
    if isinstance(node, yaml.SequenceNode):
        if len(node.value) > 5_000:
            raise at(line, "", Text("has more than 5000 entries", "超过 5000 项"))
        return Node([_node(child, depth + 1, seen) for child in node.value], line)
    return Node(_scalar(node), line)


def _scalar(node: Any) -> Any:
    constructor = yaml.SafeLoader("")
    try:
        return constructor.construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        raise at(node.start_mark.line + 1, "", Text("is not plain data", "不是普通数据")) from error
    finally:
        constructor.dispose()


def at(line: int, field: str, problem: Text) -> BadInput:
    """An error that names line and field."""
    name_en, name_zh = (f" `{field}`", f"“{field}”") if field else ("", "")
    return BadInput(
        Text(
            f"Line {line}:{name_en} {problem.en}" + "." * (problem.en[-1] != "?"),
            f"第 {line} 行：{name_zh}{problem.zh}" + "。" * (problem.zh[-1] != "？"),
        ),
        field=field,
        row=line,
    )
