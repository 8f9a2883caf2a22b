"""The words `linting` looks for, in English and Chinese of both scripts: secrets, asking, warning. Each line
is one alternative or a few of one sort, as a regular expression read without regard to case.
"""

from __future__ import annotations

from guildhall.core.text import Text

SECRETS: tuple[tuple[str, Text, tuple[str, ...]], ...] = (
    (
        "seed_phrase",
        Text("a seed phrase", "助记词"),
        (
            r"(?:seed|recovery|mnemonic|backup|secret(?:\s+recovery)?)[\s_-]+(?:phrases?|words?)",
            r"mnemonics?",
            r"seed\b(?!\s*round)",
            r"(?:12|24|twelve|twenty[ -]?four)[ -]words?(?:\s+phrase)?",
            "助[记記][词詞]|恢复词|恢復詞|种子词|種子詞|备份词",
        ),
    ),
    (
        "private_key",
        Text("a private key", "私钥"),
        (
            r"(?:private|secret|wallet|api\s+secret)[\s_-]+keys?",
            r"api\s+secrets?",
            r"keystore(?:\s+files?)?",
            "私[钥鑰]|密钥|密鑰",
        ),
    ),
    (
        "password",
        Text("a password", "密码"),
        (
            r"(?:p[a@4][s$5]{2}[\s_.-]*w[o0]r[dt]s?|pass[\s_-]*phrases?|pass[\s_-]*codes?|\bpasswd|\bpwd|\bpw|\bmima)\b",
            r"\bpin(?:\s+(?:codes?|numbers?))?\b",
            "[密秘][码碼]|口令",
        ),
    ),
    (
        "code",
        Text("a one-time code", "验证码"),
        (
            r"(?:verification|authentication|authenticator|security|confirmation|sms|otp|2\s*fa|mfa|totp"
            r"|two[ -]factor|google(?:\s+authenticator)?|e-?mail|one[ -]?time|(?:6|six)[ -]digit|log-?in)"
            r"(?:\s+(?:verification|authentication|authenticator|security|confirmation|login))?"
            r"\s+(?:codes?|pins?|numbers?)",
            r"\botps?\b",
            r"(?:2\s*fa|mfa)\s+(?:secrets?|keys?|backup\s+codes?)",
            r"(?:backup|recovery)\s+codes?",
            "[验驗][证證証][码碼吗]|动态码|動態碼|动态口令|校验码|校驗碼|(?:短信|谷歌|登录|登錄|邮箱|郵箱|手机|手機)[码碼]",
        ),
    ),
    (
        "card",
        Text("a full card number or its CVV", "完整银行卡号或安全码"),
        (
            r"(?:full|complete|whole|entire|credit|debit|bank)\s+(?:credit\s+|debit\s+|bank\s+)?"
            r"card\s+(?:numbers?|details?)",
            r"card\s+(?:numbers?|details)",
            r"cvv2?\b|cvc2?\b|cvn\b",
            r"security\s+code\s+(?:on|of)\s+(?:the|your)\s+card",
            "卡号|卡號|安全码",
        ),
    ),
    (
        "remote",
        Text("control of their device", "设备远程控制权"),
        (
            r"remote\s+(?:access|control|desktop)",
            r"team\s*viewer|any\s*desk",
            r"share\s+(?:your\s+)?screen|screen\s*-?\s*shar(?:e|ing)",
            "远程(?:控制|协助|桌面|操作)|遠端(?:控制|協助|桌面)|屏幕共享|共享屏幕|螢幕分享",
        ),
    ),
)

ASKING: tuple[str, ...] = (
    r"(?:send|give|tell|provide|share|submit|forward|message|dm|pm|whisper|e-?mail|text|enter|type|input"
    r"|write|paste|show|supply|post|reply\s+with|respond\s+with|answer\s+with|hand\s+over"
    r"|let\s+(?:me|us)\s+(?:know|have)|read\s+(?:me|us|out)|confirm|verify|need|require|want"
    r"|install|open|start|allow|grant|enable)(?:s|ed|ing)?\b",
    r"\b(?:i|we|to)\s+(?:(?:must|may|can|need\s+to|have\s+to)\s+)?ask\s+(?:you\s+)?for\b",
    r"\bask\s+(?:the\s+)?(?:members?|users?|customers?|clients?|them|him|her)\s+(?:for|to)\b",
    "索要|索取|问(?:他|她|用户|客户|成员)要",
    r"what(?:\s+is|'?s\b|\s+are)|which\s+is",
    r"(?:may|can|could)\s+(?:i|we)\s+(?:have|get|see)",
    r"(?:please|kindly|plz|pls)\b",
    "请|請|麻烦|麻煩|劳烦|把|将[你您]|將您|发(?:给|来|送|一下|我)|發(?:給|來|送|一下|我)",
    "告诉|告訴|告知|提供|输入|輸入|填写|填寫|提交|回复|回覆|私信|截图|截圖|拍照|出示",
    "给我|給我|给下|需要[您你]?|报一下|報一下|说一下|說一下|安装|打开|开启",
)
ASKING_AFTER: tuple[str, ...] = (
    r"(?:\s+(?:here|now|below))?\s*[,，:：]?\s*(?:please|pls|plz|to\s+(?:me|us)\b)",
    r"(?:\s+(?:here|now|below))?\s+in\s+(?:this\s+chat|your\s+reply)",
    "\\s*[,，:：]?\\s*(?:发给|發給|发我|發我|发一下|给我|給我|告诉|告訴|是?多少|是什么|是什麼|是啥|发来|發來|发过来|發過來|报一下|說一下|说一下)",
)
WARNING: tuple[str, ...] = (
    r"\b(?:never|not|don't|doesn't|won't|cannot|can't|shouldn't|mustn't|without|nobody|nor|neither)\b",
    r"\bno\s+(?:one|staff|agent|employee|need)\b",
    r"\b(?:instead\s+of|rather\s+than|refuse|beware|avoid|keep|protect|hide|cover(?:\s+up)?|stop)\b",
    "不要|别|別|切勿|勿|绝不|絕不|不会|不會|从不|從不|永不|不得|不能|不可|不应|不應|没有人|任何人",
    "不需要|无需|無需|无须|不必|谨防|謹防|警惕|拒绝|拒絕|保护|保護|遮挡|遮擋|隐藏|打码",
)
"""These make a warning of the word of asking they stand before, up to the next comma or `and`."""
ALWAYS_WARNING: tuple[str, ...] = (
    r"\b(?:never|nobody|no\s+one|no\s+(?:staff|agent|employee)|under\s+no\s+circumstances|beware)\b",
    "切勿|请勿|請勿|绝不|絕不|从不|從不|永不|谨防|謹防",
)
"""These make a warning of everything that follows them in the clause."""
BY_THEMSELVES: tuple[str, ...] = (
    r"(?:change|reset|update|set|create|choose|forgot(?:ten)?|forget|enable|disable|bind|unbind|re-?bind"
    r"|turn\s+on|turn\s+off|activate|add|remove|replace|rotate|revoke|delete|regenerate|renew|resend|receive"
    r"|(?:request|get)\s+a\s+new)(?:s|d|ing|ting|ed)?\s+"
    r"(?:(?:your|a|the|an|new|another|it|own|account|login|fund|trading|old)\s+){0,4}$",
    "(?:修改|重置|更改|更换|设置|設置|找回|忘记|忘記|忘了|绑定|綁定|解绑|解綁|开启|启用|关闭|重新获取"
    "|重新发送|收到|收不到|删除|撤销|变更|重設|重设)"
    "(?:您的|你的|新的|新|登录|登錄|资金|資金|交易|账户|帳戶|支付|谷歌|短信|邮箱)*$",
    "(?:在|到)(?:我们的?|官方|官方的)?(?:[aA][pP][pP]|应用|應用|官网|官網|客户端|客戶端)(?:页面|内|內|中|里|裡|上)?(?:输入|輸入|填写|填寫)"
    "(?:您的|你的|收到的|登录|登錄|资金|資金|短信|邮箱|谷歌)*$",
)
"""Somebody is sent to deal with a secret by themselves: the verb stands right before it, nobody hears it."""
ENTERING: tuple[str, ...] = (
    r"\b(?:enter|type|input|fill\s+in)\s+(?:(?:your|the|a|that|this|new|it)\s+){0,3}$",
)
IN_THE_APP: tuple[str, ...] = (
    r"\s+(?:\w+\s+){0,4}?(?:in|on|into)\s+(?:the|our)\s+(?:official\s+)?(?:app|website|web\s+site)\b",
)
"""`enter` before a secret and one of our own places after it: they enter it there, nobody hears it."""
