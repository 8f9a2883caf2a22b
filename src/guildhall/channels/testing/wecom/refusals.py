"""What the fake says no with: WeChat answers 200 with an `errcode` and a sentence."""

from __future__ import annotations

WORDS = {
    -1: "system busy", 40001: "invalid credential, access_token is invalid or not latest",
    40003: "invalid openid or userid", 40007: "invalid media_id", 40008: "invalid message type",
    40013: "invalid corpid", 40014: "invalid access_token", 40037: "invalid template_id",
    40058: "invalid Request Parameter", 40068: "invalid tagid", 40096: "invalid external userid",
    40125: "invalid appsecret", 41001: "access_token missing", 41002: "appid missing",
    41004: "appsecret missing", 41048: "no customer to send to", 41050: "welcome code invalid or out of date",
    41051: "externaluser has started chatting", 41054: "user has not been activated",
    41096: "welcome msg has been distributed", 42001: "access_token expired",
    43004: "require subscribe", 44002: "empty post data", 44004: "empty content",
    45002: "content size out of limit", 45009: "api freq out of limit", 45015: "response out of time limit",
    45033: "api concurrent out of limit", 45047: "out of response count limit", 46004: "user no exist",
    47001: "data format error", 48001: "api unauthorized", 48002: "api forbidden",
    49008: "groupchat not exist", 60011: "no privilege to access/modify contact/party/agent",
    60020: "not allow to access from your ip", 60111: "userid not found", 84061: "not external contact",
    84074: "no external contact permission", 93000: "invalid webhook url", 95000: "invalid open_kfid",
    95001: "msg count limit", 95002: "msg time limit", 95007: "invalid msg token",
    95013: "conversation end", 95016: "not allow in current session state", 95017: "invalid code",
    130101: "robot send too frequently", 40050: "chat not exist", 600001: "nothing here by that name",
}  # fmt: skip


class Refused(Exception):
    def __init__(self, errcode: int, said: str = "") -> None:
        self.errcode = errcode
        self.errmsg = said or WORDS.get(errcode, "refused")
        super().__init__(f"{errcode} {self.errmsg}")

    def answer(self) -> dict[str, object]:
        hint = f", hint: [1700000000_{abs(self.errcode)}], from ip: 127.0.0.1"
        return {"errcode": self.errcode, "errmsg": self.errmsg + hint}
