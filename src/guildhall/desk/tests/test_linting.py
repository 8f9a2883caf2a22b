"""No answer of ours asks a member for a secret, in either language; warning of it stays possible."""

from __future__ import annotations

import pytest

from guildhall.desk.linting import check

ASKS = [
    ("Please send me your seed phrase so I can check the wallet.", "seed_phrase"),
    ("Could you share your 12-word phrase with us?", "seed_phrase"),
    ("What is your mnemonic?", "seed_phrase"),
    ("kindly provide the private key of the deposit address", "private_key"),
    ("Please reply with your API secret key", "private_key"),
    ("I need your password to look into it", "password"),
    ("Tell me your login PIN.", "password"),
    ("Please enter your withdrawal passcode here", "password"),
    ("Send the verification code you received by SMS", "code"),
    ("Can I have your 2FA code please", "code"),
    ("Give us the Google Authenticator code", "code"),
    ("please forward the OTP", "code"),
    ("Please provide your full card number and CVV", "card"),
    ("Send a photo of your credit card number", "card"),
    ("Please install AnyDesk so that I can help", "remote"),
    ("Your seed phrase, please?", "seed_phrase"),
    ("Please send your p\u200bassword", "password"),
    ("Ｐｌｅａｓｅ ｓｅｎｄ ｙｏｕｒ ｐａｓｓｗｏｒｄ", "password"),
    ("请提供您的助记词", "seed_phrase"),
    ("麻烦把私钥发给我", "private_key"),
    ("请告知您的登录密码", "password"),
    ("把短信验证码发一下", "code"),
    ("谷歌验证码是多少？", "code"),
    ("請提供您的助記詞", "seed_phrase"),
    ("请把完整银行卡号发来", "card"),
    ("请开启屏幕共享", "remote"),
    ("Never mind. Send me your password.", "password"),
    ("别担心。请提供验证码", "code"),
    ("If you do not remember the e-mail, send me your password", "password"),
    ("Please do not worry and send me your private key", "private_key"),
    ("不要担心，请提供验证码", "code"),
    ("Ask the member for their password", "password"),
    ("May I ask for your 2FA code?", "code"),
    ("We have to ask you for your private key", "private_key"),
    ("Your mnemonic to me", "seed_phrase"),
    ("验证码发给我", "code"),
    ("send me your \u0440\u0430sswor\u0501", "password"),
    ("send me your p\u03b1ssword", "password"),
    ("send me your \u1e57assword", "password"),
    ("send me your pass\ufe0fword", "password"),
    ("please send your p a s s w o r d", "password"),
    ("please send your p.a.s.s.w.o.r.d", "password"),
    ("send me your pass-word", "password"),
    ("send me your p@ssw0rd", "password"),
    ("whats your pin", "password"),
    ("请把密 码发给我", "password"),
    ("请把password发给我", "password"),
    ("请发一下登录mima", "password"),
    ("你的密码是啥", "password"),
    ("请告诉我助 记 词", "seed_phrase"),
    ("助记词发过来", "seed_phrase"),
    ("请提供您的私*钥", "private_key"),
    ("请提供短信码", "code"),
    ("把验证碼发给我", "code"),
    ("请把OTP发我", "code"),
    ("Please enter your password here and send it", "password"),
]
FINE = [
    "Never share your seed phrase with anybody.",
    "We will never ask for your password.",
    "Please do not send us your private key.",
    "Please don't share your verification code with anyone, not even us.",
    "Our staff never ask for your 2FA code.",
    "You can reset your password under Security.",
    "Please change your password and enable 2FA.",
    "Please send the transaction id and the coin.",
    "Please tell us the last four digits of the card number.",
    "Please rotate your API secret key under API management.",
    "Please send a screenshot of the withdrawal page.",
    "Your deposit needs 12 confirmations.",
    "Which network did you use?",
    "请勿向任何人透露助记词。",
    "我们不会索要您的密码或验证码。",
    "请不要把验证码告诉任何人",
    "您可以在安全中心重置登录密码。",
    "请修改您的登录密码",
    "请提供交易哈希和币种。",
    "请提供卡号后四位",
    "如收不到验证码，请稍后重试。",
    "Please keep your seed phrase offline.",
    "Do not share your password and send us the transaction id.",
    "Please note that we never, under any circumstances, ask for your password.",
    "Please don't share your password, seed phrase or codes.",
    "Please use the code we sent you on the sign-in page only.",
    "If anybody asks you for your password, it is a scam.",
    "Anyone who asks for your seed phrase is a scammer.",
    "我们绝不会向您索要密码。",
    "The seed round of that project is not ours.",
    "Please enter the verification code in the app yourself.",
    "请在官方App内输入验证码。",
    "A p a r t from this, send me your UID.",
]


@pytest.mark.parametrize(("text", "secret"), ASKS)
def test_an_answer_that_asks_for_a_secret_is_found(text: str, secret: str) -> None:
    found = check(text)
    assert secret in {one.secret for one in found}, text
    assert all(0 <= one.start < one.end <= len(text) for one in found)


@pytest.mark.parametrize("text", FINE)
def test_a_warning_or_a_way_to_help_oneself_goes_out(text: str) -> None:
    assert check(text) == [], text


@pytest.mark.parametrize(
    "words", ["密码", "password ", "pin ", "seed ", "change your password ", "请", "p ", "p."]
)
def test_a_long_text_is_read_in_one_go(words: str) -> None:
    assert check(words * (10_000 // len(words))) == []
