"""Writes docs/settings.md, in English and Chinese, from the one table of settings.

`python -m guildhall.core.settings_docs docs/settings.md`; a test fails when the file is not what this writes.
"""

import sys
from pathlib import Path

from guildhall.core.settings import SETTINGS, Setting

_INTRODUCTION = """\
# Settings

<!-- Written by `python -m guildhall.core.settings_docs docs/settings.md`; do not edit by hand. -->

Guildhall is set up by environment variables. An empty value counts as not set. A name that starts with
`GUILDHALL_` and is not in this table, or a value that is not allowed, stops the start with a sentence that
names it. `{data_dir}` and `{public_host}` stand for the data directory and the host of the public address.
A value marked *secret* is never shown in a log, an error or a page.

Guildhall 通过环境变量配置。空值视为未设置。以 `GUILDHALL_` 开头但不在表中的名称，或不允许的值，都会使启动
中止，并指出是哪一项。`{data_dir}` 与 `{public_host}` 分别代表数据目录和公开网址的主机名。标有 *secret* 的
值不会出现在日志、错误信息或页面中。

| variable 变量 | default 默认值 | allowed 允许的值 | what for 用途 |
|---|---|---|---|
"""


def document() -> str:
    """The whole of docs/settings.md."""
    return _INTRODUCTION + "".join(_row(setting) for setting in SETTINGS)


def _row(setting: Setting) -> str:
    default = f"`{setting.default}`" if setting.default else "(empty 空)"
    mark = " *(secret)*" if setting.secret else ""
    allowed, purpose = setting.kind.allowed, setting.help
    cells = f"{default} | {allowed.en}<br>{allowed.zh} | {purpose.en}<br>{purpose.zh}"
    return f"| `{setting.name}`{mark} | {cells} |\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
