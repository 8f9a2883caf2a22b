"""Every setting of Guildhall in one table: the environment variable, its kind, its default, what it is for.

`load` turns an environment into a frozen `Settings`; an unknown GUILDHALL_ name or a wrong value is refused
by name, with the nearest known name or what is allowed. `docs/settings.md` is written from this table.
"""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from guildhall.core import setting_kinds as kinds
from guildhall.core.errors import BadInput
from guildhall.core.setting_kinds import Kind, Network
from guildhall.core.text import Text

PREFIX = "GUILDHALL_"
STAFF_ROLES = (
    "owner",
    "manager",
    "moderator",
    "support_agent",
    "vendor_agent",
    "partner_manager",
    "campaign_manager",
    "content_editor",
    "compliance_officer",
    "analyst",
    "partner",
    "specialist",
)
_MFA_ROLES = ",".join(role for role in STAFF_ROLES if role != "partner")


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. `default` is text as in the environment; `secret` values are never shown."""

    name: str
    kind: Kind
    default: str
    help: Text
    secret: bool


class WrongSettings(BadInput):
    """One or more environment variables cannot be used; the message names each of them."""


def _setting(kind: Kind, default: str, en: str, zh: str, *, secret: bool = False) -> Any:
    return field(
        repr=not secret, metadata={"kind": kind, "default": default, "help": Text(en, zh), "secret": secret}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of this process. Secrets are left out of `repr`."""

    name: str = _setting(
        kinds.words(60), "Guildhall",
        "What this community's house is called, on pages and in mail.",
        "社区名称，显示在页面和邮件中。",
    )  # fmt: skip
    data_dir: Path = _setting(
        kinds.directory(), "./data",
        "Where the database file, keys, anchors and backups live. Keep it private and backed up.",
        "数据库文件、密钥、审计锚点和备份所在目录。请妥善保管并备份。",
    )  # fmt: skip
    database_url: str = _setting(
        kinds.database_url(), "sqlite:///{data_dir}/guildhall.sqlite3",
        "The database. SQLite serves one machine; PostgreSQL serves one or many.",
        "数据库。SQLite 适合单机；PostgreSQL 适合单机或多机。",
        secret=True,
    )  # fmt: skip
    bind: str = _setting(
        kinds.address(), "127.0.0.1",
        "The address the web server listens on; 0.0.0.0 for all.",
        "网页服务监听的地址；0.0.0.0 表示全部。",
    )  # fmt: skip
    port: int = _setting(kinds.whole_number(1, 65535), "8000", "The port it listens on.", "监听的端口。")
    public_url: str = _setting(
        kinds.web_url(), "http://localhost:{port}",
        "The address people open. Links in mail, sign-in, passkeys and the chat widget are built from it.",
        "用户访问的网址。邮件链接、登录、通行密钥和聊天挂件都以它为准。",
    )  # fmt: skip
    allowed_hosts: tuple[str, ...] = _setting(
        kinds.host_list(), "{public_host},localhost,127.0.0.1,[::1]",
        "Host names the site answers to; others get 400.",
        "网站应答的主机名；其余一律返回 400。",
    )  # fmt: skip
    trusted_proxies: tuple[Network, ...] = _setting(
        kinds.network_list(), "",
        "Reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.",
        "可信反向代理，仅采信其 X-Forwarded-For 与 X-Forwarded-Proto。",
    )  # fmt: skip
    web_workers: int = _setting(
        kinds.whole_number(1, 64), "1", "Web processes.", "网页进程数。"
    )  # fmt: skip
    web_threads: int = _setting(
        kinds.whole_number(1, 256), "16", "Threads in each web process.", "每个网页进程的线程数。"
    )  # fmt: skip
    workers: int = _setting(
        kinds.whole_number(0, 64), "2",
        "Worker processes that carry out effects on this machine.",
        "本机执行副作用任务的工作进程数。",
    )  # fmt: skip
    worker_threads: int = _setting(
        kinds.whole_number(1, 64), "8",
        "Effects that one worker process carries out at the same time.",
        "每个工作进程同时执行的任务数。",
    )  # fmt: skip
    effects_keep_days: int = _setting(
        kinds.whole_number(1, 3650), "30",
        "Days that finished effects are kept. Their unique keys hold as long.",
        "已完成任务的保留天数。其唯一键在此期间有效。",
    )  # fmt: skip
    tickets_close_days: int = _setting(
        kinds.whole_number(1, 90), "3",
        "Days after which a solved ticket that nobody wrote to is closed.",
        "工单解决后，无新消息满多少天自动关闭。",
    )  # fmt: skip
    tickets_keep_days: int = _setting(
        kinds.whole_number(0, 3650), "0",
        "Days after which the words and files of a closed ticket are wiped; its figures stay. 0 keeps them.",
        "工单关闭后，文字与附件保留的天数，到期清除（统计保留）。0 表示一直保留。",
    )  # fmt: skip
    webhooks_inside: bool = _setting(
        kinds.flag(), "off",
        "Let webhooks go to loopback and private addresses too.",
        "允许 Webhook 发往本机回环地址和内网地址。",
    )  # fmt: skip
    exchange_inside: bool = _setting(
        kinds.flag(), "off",
        "Let an exchange's back office, affiliate API and buckets be on loopback and private addresses.",
        "允许交易所后台、返佣 API 和存储桶位于本机回环地址或内网地址。",
    )  # fmt: skip
    telegram_api: str = _setting(
        kinds.web_url(), "https://api.telegram.org",
        "Where the Telegram Bot API answers: Telegram's own, a Bot API server of yours, or a practice one.",
        "Telegram Bot API 的地址：官方服务、自建 Bot API 服务器或练习服务。",
    )  # fmt: skip
    discord_api: str = _setting(
        kinds.web_url(), "https://discord.com/api/v10",
        "Where the Discord API answers: Discord's own, a compatible server, or a practice one.",
        "Discord API 的地址：官方服务、兼容服务器或练习服务。",
    )  # fmt: skip
    discord_gateway: str = _setting(
        kinds.words(), "",
        "Where the Discord gateway listens (wss://…). Empty: where the API says.",
        "Discord 网关地址（wss://…）。留空则以 API 返回的为准。",
    )  # fmt: skip
    wecom_api: str = _setting(
        kinds.web_url(), "https://qyapi.weixin.qq.com",
        "Where the WeCom API answers.", "企业微信 API 的地址。",
    )  # fmt: skip
    wechat_api: str = _setting(
        kinds.web_url(), "https://api.weixin.qq.com",
        "Where the API of Official Accounts answers.", "微信公众号 API 的地址。",
    )  # fmt: skip
    broadcast_four_eyes: int = _setting(
        kinds.whole_number(0, 100_000), "50",
        "A broadcast to more places than this, or to members in private, needs a second person's approval.",
        "群发超过此数量的群组，或私聊成员时，须由另一人批准。",
    )  # fmt: skip
    facts_url: str = _setting(
        kinds.words(), "",
        "Where the tables of facts lie: a directory, or the address of an object store (s3://bucket/path). "
        "Empty: facts in the data directory.",
        "事实表的存放位置：目录，或对象存储地址（s3://bucket/path）。留空则为数据目录下的 facts。",
    )  # fmt: skip
    facts_engine: str = _setting(
        kinds.one_of("duckdb", "spark"), "duckdb",
        "What runs queries over facts: duckdb on this machine, or spark when they outgrow it.",
        "查询事实表的引擎：duckdb 在本机运行；数据量更大时用 spark。",
    )  # fmt: skip
    log_level: str = _setting(
        kinds.one_of("debug", "info", "warning", "error"), "info",
        "The least severe line that is logged.", "记录日志的最低级别。",
    )  # fmt: skip
    log_format: str = _setting(
        kinds.one_of("json", "text"), "json",
        "json for machines, text for people at a terminal.", "json 供机器读取，text 供终端阅读。",
    )  # fmt: skip
    debug: bool = _setting(
        kinds.flag(), "off",
        "Show tracebacks in the browser. Never on a machine others can reach.",
        "在浏览器显示错误堆栈。切勿在他人可访问的机器上开启。",
    )  # fmt: skip
    secret_keys: tuple[str, ...] = _setting(
        kinds.key_list(), "",
        "Keys that encrypt secrets at rest. Empty: kept in keys.json (mode 0600) in the data directory.",
        "加密存储密钥所用的主密钥。留空则保存在数据目录的 keys.json（权限 0600）。",
        secret=True,
    )  # fmt: skip
    mfa_roles: tuple[str, ...] = _setting(
        kinds.several_of(STAFF_ROLES), _MFA_ROLES,
        "Roles that must sign in with a second factor.", "必须使用双重验证登录的角色。",
    )  # fmt: skip
    session_hours: int = _setting(
        kinds.whole_number(1, 720), "12",
        "Hours a web sign-in lasts without being used.", "网页登录在无操作时保持的小时数。",
    )  # fmt: skip
    email_url: str = _setting(
        kinds.email_url(), "console:",
        "How mail leaves. console: prints it to the log instead.",
        "邮件的发送方式。console: 表示只打印到日志。",
        secret=True,
    )  # fmt: skip
    email_from: str = _setting(
        kinds.email_address(), "Guildhall <guildhall@{public_host}>",
        "The sender of mail.", "邮件的发件人。",
    )  # fmt: skip
    oidc_issuer: str = _setting(
        kinds.web_url(may_be_empty=True), "",
        "The OpenID Connect provider staff may sign in with. Empty: none.",
        "员工登录可用的 OpenID Connect 服务。留空则不启用。",
    )  # fmt: skip
    oidc_client_id: str = _setting(
        kinds.words(), "", "The client id it gave us.", "该服务分配的客户端 ID。"
    )  # fmt: skip
    oidc_client_secret: str = _setting(
        kinds.secret(8), "", "The client secret it gave us.", "该服务分配的客户端密钥。", secret=True
    )  # fmt: skip
    oidc_name: str = _setting(
        kinds.words(40), "Single sign-on",
        "What its button on the sign-in page says.", "登录页面按钮上显示的名称。",
    )  # fmt: skip
    time_zone: str = _setting(
        kinds.time_zone(), "UTC",
        "The zone of people who have not chosen one.", "未自行选择时区者所用的时区。",
    )  # fmt: skip
    language: str = _setting(
        kinds.one_of("en", "zh-hans", "zh-hant"), "en",
        "The language of people whose browser asks for none of ours.",
        "浏览器未指定所支持语言时使用的语言。",
    )  # fmt: skip
    metrics_token: str = _setting(
        kinds.secret(), "",
        "The bearer token /metrics asks for. Empty: only loopback may read it.",
        "读取 /metrics 所需的令牌。留空则仅允许本机回环地址读取。",
        secret=True,
    )  # fmt: skip
    demo: str = _setting(
        kinds.demo(), "world",
        "What an empty house is given at its first start: a made-up community of two weeks (world), two "
        "empty chats (spaces), or nothing (off). One click removes it.",
        "空系统首次启动时的演示数据：world 为两周的虚构社区，spaces 为两个空群组，off 为不创建。可一键移除。",
    )  # fmt: skip


def variable(attribute: str) -> str:
    """The environment variable of an attribute of `Settings`: data_dir → GUILDHALL_DATA_DIR."""
    return "DATABASE_URL" if attribute == "database_url" else PREFIX + attribute.upper()


SETTINGS: tuple[Setting, ...] = tuple(Setting(name=variable(f.name), **f.metadata) for f in fields(Settings))


def load(environ: Mapping[str, str]) -> Settings:
    """Read every setting from `environ`; an empty value counts as not set.

    Raises WrongSettings naming every variable that is unknown or has a value that is not allowed.
    """
    wrong = [_unknown(name) for name in sorted(environ) if name.startswith(PREFIX) and not _is_known(name)]
    values: dict[str, Any] = {}
    for setting, f in zip(SETTINGS, fields(Settings), strict=True):
        text = environ.get(setting.name, "").strip() or _default(setting, values)
        try:
            values[f.name] = setting.kind.parse(text)
        except ValueError:
            wrong.append(_not_allowed(setting, text))
            values[f.name] = setting.kind.parse(_default(setting, values))
    if wrong:
        first = wrong[0][0]
        raise WrongSettings(
            Text(" ".join(text.en for _, text in wrong), "".join(text.zh for _, text in wrong)), field=first
        )
    return Settings(**values)


def _is_known(name: str) -> bool:
    return any(setting.name == name for setting in SETTINGS)


def _default(setting: Setting, so_far: Mapping[str, Any]) -> str:
    host = urlsplit(so_far.get("public_url", "")).hostname or "localhost"
    return setting.default.format(
        data_dir=so_far.get("data_dir", ""), port=so_far.get("port", ""), public_host=host
    )


def _unknown(name: str) -> tuple[str, Text]:
    near = difflib.get_close_matches(name, [setting.name for setting in SETTINGS], n=1, cutoff=0.6)
    hint_en = f" Did you mean {near[0]}?" if near else " See docs/settings.md."
    hint_zh = f"是否想写 {near[0]}？" if near else "请见 docs/settings.md。"
    return name, Text(f"{name} is not a setting.{hint_en}", f"{name} 不是有效设置。{hint_zh}")


def _not_allowed(setting: Setting, text: str) -> tuple[str, Text]:
    shown = "(hidden)" if setting.secret else repr(text[:80])
    allowed = setting.kind.allowed
    return setting.name, Text(
        f"{setting.name} is {shown}; it must be {allowed.en}.",
        f"{setting.name} 的值为 {shown}；应为{allowed.zh}。",
    )


settings: Settings


def __getattr__(name: str) -> Any:
    """Load `settings` from the process environment when it is first asked for, not when this module is."""
    if name != "settings":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["settings"] = load(os.environ)
    return globals()["settings"]
