"""Chat text as people get it out of WeChat: every shape gives the same chat, and words never become heads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.channels.port import MediaKind
from guildhall.intake.importing import wechat_text

ZONE = "Asia/Shanghai"
FIRST = datetime(2024, 1, 5, 2, 22, tzinfo=UTC)
SHAPES = {
    "day": """Dear:

  以下是“合约交流1群”的聊天记录，请查收。

—————  2024-01-05  —————


张三  10:22

大家早上好
资金费率又转负了吗？

Lee Wei  10:23

[图片: 1.jpg(请在附件中查看)]

—————  2024-01-06  —————

张三  09:00

gm
""",
    "name_time": """张三 2024/1/5 10:22:00
大家早上好
资金费率又转负了吗？

Lee Wei 2024/1/5 10:23:31
[图片]

张三 2024/1/6 9:00:00
gm
""",
    "time_name": """2024-01-05 10:22:00 张三
大家早上好
资金费率又转负了吗？

2024-01-05 10:23:31 Lee Wei
[图片]

2024-01-06 09:00:00 张三
gm
""",
    "bracket": """张三(2024-01-05 10:22:00)：大家早上好
资金费率又转负了吗？
Lee Wei(2024-01-05 10:23:31)：[图片]
张三(2024-01-06 09:00:00)：gm
""",
    "squares": """[2024-01-05 10:22:00] 张三: 大家早上好
资金费率又转负了吗？
[2024-01-05 10:23:31] Lee Wei: [Photo]
[2024-01-06 09:00:00] 张三: gm
""",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_chat(shape: str) -> None:
    chat = wechat_text.read(SHAPES[shape], ZONE)
    assert chat.shape == shape
    assert [(said.name, said.at.replace(second=0)) for said in chat.said] == [
        ("张三", FIRST), ("Lee Wei", FIRST.replace(minute=23)), ("张三", datetime(2024, 1, 6, 1, 0, tzinfo=UTC)),
    ]  # fmt: skip
    assert chat.said[0].text == "大家早上好\n资金费率又转负了吗？"
    assert chat.said[1].media is not None
    assert chat.said[1].media[0] is MediaKind.PHOTO
    assert chat.said[2].text == "gm"


def test_the_same_message_of_two_exports_is_one_and_said_twice_is_two() -> None:
    keys = [{said.key for said in wechat_text.read(SHAPES[shape], ZONE).said} for shape in SHAPES]
    first = wechat_text.read(SHAPES["name_time"], ZONE).said[0].key
    assert all(first in one for one in keys)
    twice = wechat_text.read("A 2024/1/5 10:22\ngm\nA 2024/1/5 10:22\ngm\n", ZONE)
    assert len({said.key for said in twice.said}) == 2


def test_a_time_in_somebodys_words_is_no_head() -> None:
    text = """张三 2024/1/5 10:22:00
直播安排：
周五直播 2024/1/12 20:00:00
复盘 2023/12/1 20:00:00
李四 2024/1/5 10:24:00
收到
"""
    chat = wechat_text.read(text, ZONE)
    assert [said.name for said in chat.said] == ["张三", "李四"]
    assert "周五直播" in chat.said[0].text


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("下午 3:05:02", 7),
        ("上午 9:05", 1),
        ("3:05 PM", 7),
        ("12:10 AM", 16),
        ("晚上 11:30", 15),
        ("中午 12:00", 4),
    ],
)
def test_halves_of_the_day_are_understood(written: str, hour: int) -> None:
    (said,) = wechat_text.read(f"张三 2024/1/5 {written}\n在吗\n", ZONE).said
    assert said.at.hour == hour


def test_who_came_is_told_apart_from_what_was_said_and_notices_are_left_out() -> None:
    text = """张三 2024/1/5 10:22:00
欢迎新朋友
"张三"邀请"李四、王五"加入了群聊
"赵六"通过扫描"张三"分享的二维码加入群聊
张三撤回了一条消息
"Bob" joined the group chat via the QR code shared by "Ann"
张三 2024/1/5 10:30:00
好
"""
    chat = wechat_text.read(text, ZONE)
    assert [said.name for said in chat.said if said.what == "join"] == ["李四", "王五", "赵六", "Bob"]
    assert [said.text for said in chat.said if said.what == "message"] == ["欢迎新朋友", "好"]
    assert chat.notices == 1


@pytest.mark.parametrize("text", ["", "hello", "{}", "2024-01-05\n", "a: b\nc: d", "\x00" * 50])
def test_what_is_no_chat_has_no_messages(text: str) -> None:
    assert wechat_text.read(text, ZONE) == wechat_text.Chat("", ())


@given(st.text(max_size=400))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for said in wechat_text.read(f"A 2024/1/5 10:22\n{text}", ZONE).said:
        assert said.at.tzinfo is not None
        assert said.name
