"""Everything a gate says to newcomers and staff, in both languages: short, for strangers on a phone."""

from __future__ import annotations

from guildhall.core.text import Text
from guildhall.guard.gates.deciding import Came, Stage
from guildhall.guard.gates.settings import Kind, Then

JOINED = Text(
    "Welcome to {space}! One question, then you can write. Time: {minutes} min.",
    "欢迎加入 {space}！请先回答一个问题，即可发言。限时 {minutes} 分钟。",
)
REQUEST = Text(
    "You asked to join {space}. One question, then you are let in. Time: {minutes} min.",
    "您申请加入 {space}。请先回答一个问题，即可入群。限时 {minutes} 分钟。",
)
FIRST = Text(
    "Before your first message in {space} is shown: one question. Time: {minutes} min.",
    "您在 {space} 的第一条消息显示之前，请先回答一个问题。限时 {minutes} 分钟。",
)
BOARD = Text(
    "Many people are joining {space}. New here? Answer one question in private, then you can write.",
    "近期加入 {space} 的人较多。新成员请私聊机器人回答一个问题，即可发言。",
)
BOARD_BUTTON = "Answer · 去回答"
AGAIN = Text("That was not it. Another one ({left} left):", "回答不正确，请再试一次（剩余 {left} 次）：")
TYPE_IT = Text("Send the answer as a message.", "请直接发送答案。")
RULES = Text(
    "The rules of {space}:\n\n{rules}\n\nDo you accept them?", "{space} 群规：\n\n{rules}\n\n您是否接受？"
)
TYPE_YES = Text("Send “yes” to accept.", "发送“同意”表示接受。")
ACCEPT = Text("I accept", "我接受")
OTHER_WAY = Text("Question in words", "改答文字题")
ASK_PERSON = Text("Ask a person", "人工协助")
SWITCH = {"en": "中文", "zh": "English"}

PASSED = Text("You are in. Welcome to {space}!", "验证通过，欢迎来到 {space}！")
PASSED_TRIAL = Text("For now you may not post {limits} ({ends}).", "现阶段暂不能发送{limits}（{ends}）。")
STILL_HELD = Text(
    "Writing opens to you when the present restriction here ends.", "群内现有限制解除后，您即可发言。"
)
WAITS = Text(
    "A moderator was asked and will decide. You need not do anything.",
    "已通知管理员处理，请耐心等候，无需其他操作。",
)
TURNED_AWAY = Text("A moderator decided not to let you in.", "管理员未批准您加入。")
FAILED = {
    Then.KICK: Text("That did not work. You may join again later.", "验证未通过，您可稍后重新加入。"),
    Then.BAN: Text(
        "That did not work. Please come back in {hours} h.", "验证未通过，请在 {hours} 小时后再来。"
    ),
    Then.MUTE: Text(
        "That did not work. You can read here; a moderator will look at it.",
        "验证未通过。您可以浏览消息，管理员会稍后处理。",
    ),
}
TOO_OFTEN = Text(
    "You were here often enough today. Please come back tomorrow.", "您今天的尝试次数已达上限，请明天再来。"
)

TOAST = {
    Came.RIGHT: Text("Right, thank you!", "回答正确，谢谢！"),
    Came.WRONG: Text("That was not it. There is a new question.", "回答不正确，请看新问题。"),
    Came.OUT_OF_TRIES: Text("That was not it, and it was the last try.", "回答不正确，次数已用完。"),
    Came.FOREIGN: Text("This question is for somebody else.", "这道题是给其他成员的。"),
    Came.LATE: Text("The time for this question is over.", "答题时间已过。"),
    Came.OLD: Text(
        "This is an old button; a newer question stands there.", "该按钮已过期，请回答最新的问题。"
    ),
    Came.OVER: Text("This is settled already.", "此验证已结束。"),
    Came.WAITING: Text("A moderator was asked already.", "已通知管理员，请稍候。"),
}
TOAST_LANGUAGE = Text("English it is.", "已切换为中文。")
TOAST_WORDS = Text("Here is a question in words.", "已换成文字题。")
NOBODY_WAITS = Text("No question waits for you here.", "您目前没有待回答的问题。")
ACCEPT_FIRST = Text("Please read the rules and accept them.", "请阅读群规并点按接受。")
LET_IN = Text("Let in", "放行")
TURN_AWAY = Text("Turn away", "拒绝")
DONE_LET_IN = Text("They are let in.", "已放行。")
DONE_TURNED_AWAY = Text("They are turned away.", "已拒绝。")
FOR_MODERATORS = Text("Only moderators of that space decide.", "仅该群组的管理员可以处理。")

CALL = Text(
    "{space}: somebody at the gate asks for a person ({n} waiting).",
    "{space}：有新成员请求人工验证（待处理 {n} 人）。",
)
CALL_UNREACHABLE = Text(
    "{space}: somebody at the gate could not be asked, so a person has to decide ({n} waiting).",
    "{space}：有新成员无法收到验证问题，需人工处理（待处理 {n} 人）。",
)

REMOVED_ON_TRIAL = Text(
    "Welcome! Newcomers to {space} cannot post {limits} yet ({ends}), so your message was taken down. "
    "Nothing is held against you.",
    "欢迎！新成员暂时不能在 {space} 发送{limits}（{ends}），您的消息已被移除，不计违规。",
)
TRIAL_OVER = Text("open to you after {n} messages", "再发 {n} 条消息后开放")
TRIAL_TIME = Text("open to you in {n} h", "{n} 小时后开放")
TRIAL_BOTH = Text("open to you after {n} messages or {h} h", "再发 {n} 条消息或 {h} 小时后开放")

KINDS = {
    Kind.BUTTON: Text("A button among decoys", "点按正确的按钮"),
    Kind.SUM: Text("A sum in words", "文字算术题"),
    Kind.PICTURE: Text("Find the picture", "选择图片"),
    Kind.WORD: Text("Find the word", "选择词语"),
    Kind.MIXED: Text("Another one each time", "每次随机"),
}
STAGES = {
    Stage.CAPTCHA: Text("answers the question", "答题中"),
    Stage.RULES: Text("reads the rules", "阅读群规"),
    Stage.PERSON: Text("waits for a person", "等待人工处理"),
}
YES = frozenset(
    {
        "yes",
        "y",
        "ok",
        "accept",
        "i accept",
        "agree",
        "i agree",
        "同意",
        "接受",
        "我同意",
        "我接受",
        "是",
        "好",
    }
)
LONGEST_SPACE = 60


def named(words: Text, space_name: str, **given: object) -> Text:
    """The words with the space's name, shortened, and what else they leave open."""
    short = " ".join(space_name.split())[:LONGEST_SPACE]
    return words.format(space=short, **given)


def both(*parts: Text, between: str = "\n") -> Text:
    """Several sentences, one under the other, those that say nothing left out."""
    return Text(
        between.join(one.en for one in parts if one.en), between.join(one.zh for one in parts if one.zh)
    )


def trial_ends(clean: int, hours: int) -> Text:
    """When what a newcomer may not do yet is open to them."""
    if clean and hours:
        return TRIAL_BOTH.format(n=clean, h=hours)
    return TRIAL_OVER.format(n=clean) if clean else TRIAL_TIME.format(n=hours)
