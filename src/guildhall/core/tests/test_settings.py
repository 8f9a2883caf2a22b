"""A setting is read from the environment, or refused by name with what would have been right."""

from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core import settings as settings_module
from guildhall.core.settings import SETTINGS, Settings, WrongSettings, load, variable
from guildhall.core.settings_docs import document

ROOT = Path(__file__).parents[4]


def test_nothing_has_to_be_set() -> None:
    found = load({})
    assert found.data_dir == Path("data").absolute()
    assert found.database_url == f"sqlite:///{found.data_dir}/guildhall.sqlite3"
    assert found.public_url == "http://localhost:8000"
    assert (found.bind, found.port, found.workers) == ("127.0.0.1", 8000, 2)
    assert "partner" not in found.mfa_roles
    assert "owner" in found.mfa_roles
    assert found == load({variable(f.name): "" for f in fields(Settings)}), "empty means not set"


def test_values_are_read_into_their_types() -> None:
    found = load(
        {
            "GUILDHALL_DATA_DIR": "/srv/guild",
            "GUILDHALL_PUBLIC_URL": "https://guild.example:8443/",
            "GUILDHALL_DEBUG": "Yes",
            "GUILDHALL_MFA_ROLES": "owner, manager",
            "GUILDHALL_TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.7",
            "GUILDHALL_TIME_ZONE": "Asia/Singapore",
            "GUILDHALL_LANGUAGE": "zh-Hans",
            "PATH": "/bin",
        }
    )
    assert found.public_url == "https://guild.example:8443"
    assert found.allowed_hosts[0] == "guild.example"
    assert found.email_from == "Guildhall <guildhall@guild.example>"
    assert found.database_url == "sqlite:////srv/guild/guildhall.sqlite3"
    assert found.debug is True
    assert found.mfa_roles == ("owner", "manager")
    assert found.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("192.0.2.7"))
    assert found.language == "zh-hans"
    assert load({"GUILDHALL_MFA_ROLES": "none"}).mfa_roles == ()


@pytest.mark.parametrize(
    "url", ["sqlite:///x.db", "sqlite:////srv/x.db", "postgres://u:p@h:5432/name", "postgresql://h/n"]
)
def test_both_databases_are_addressed(url: str) -> None:
    assert load({"DATABASE_URL": url}).database_url == url


def test_an_unknown_name_is_refused_with_the_nearest_known() -> None:
    with pytest.raises(WrongSettings) as refused:
        load({"GUILDHALL_PUBLIC_ULR": "http://x"})
    assert str(refused.value) == "GUILDHALL_PUBLIC_ULR is not a setting. Did you mean GUILDHALL_PUBLIC_URL?"
    assert refused.value.field == "GUILDHALL_PUBLIC_ULR"
    assert "GUILDHALL_PUBLIC_URL" in refused.value.text.zh


@pytest.mark.parametrize(
    "name, value, allowed",
    [
        ("GUILDHALL_PORT", "70000", "a whole number from 1 to 65535"),
        ("GUILDHALL_PORT", "８０", "a whole number from 1 to 65535"),
        ("GUILDHALL_DEBUG", "maybe", "on or off"),
        ("GUILDHALL_LOG_LEVEL", "loud", "one of debug, info, warning, error"),
        ("GUILDHALL_MFA_ROLES", "owner,king", "a comma-separated list of"),
        ("GUILDHALL_PUBLIC_URL", "guild.example", "an address such as"),
        ("GUILDHALL_PUBLIC_URL", "ftp://guild.example", "an address such as"),
        ("GUILDHALL_PUBLIC_URL", "http://x:99999", "an address such as"),
        ("GUILDHALL_BIND", "not a host", "a host name or an IP address"),
        ("GUILDHALL_TIME_ZONE", "Mars/Olympus", "a time zone"),
        ("GUILDHALL_TIME_ZONE", "../../etc/passwd", "a time zone"),
        ("GUILDHALL_TRUSTED_PROXIES", "10.0.0.0/40", "addresses or networks"),
        ("GUILDHALL_LANGUAGE", "fr", "one of en, zh-hans, zh-hant"),
        ("GUILDHALL_EMAIL_FROM", "nobody", "an e-mail address"),
    ],
)
def test_a_wrong_value_is_refused_with_name_value_and_what_is_allowed(
    name: str, value: str, allowed: str
) -> None:
    with pytest.raises(WrongSettings) as refused:
        load({name: value})
    assert str(refused.value).startswith(f"{name} is {value!r}; it must be ")
    assert allowed in str(refused.value)


@pytest.mark.parametrize(
    "name, value",
    [
        ("GUILDHALL_METRICS_TOKEN", "tooshort"),
        ("DATABASE_URL", "mysql://root:hunter2@h/n"),
        ("GUILDHALL_EMAIL_URL", "imap://user:hunter2@h"),
        ("GUILDHALL_SECRET_KEYS", "a:hunter2hunter2"),
    ],
)
def test_a_wrong_secret_is_refused_without_showing_it(name: str, value: str) -> None:
    with pytest.raises(WrongSettings) as refused:
        load({name: value})
    assert name in str(refused.value)
    assert value not in str(refused.value)
    assert value not in refused.value.text.zh


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(WrongSettings) as refused:
        load({"GUILDHALL_PORT": "x", "GUILDHALL_WORKERS": "-1", "GUILDHALL_FOO_BAR_BAZ": "1"})
    for name in ("GUILDHALL_PORT", "GUILDHALL_WORKERS", "GUILDHALL_FOO_BAR_BAZ"):
        assert name in str(refused.value)


def test_secrets_are_not_in_the_representation() -> None:
    shown = repr(
        load({"GUILDHALL_METRICS_TOKEN": "a-very-long-token-indeed", "DATABASE_URL": "postgres://u:pw-1@h/n"})
    )
    assert "a-very-long-token" not in shown
    assert "pw-1" not in shown


@given(st.dictionaries(st.sampled_from([s.name for s in SETTINGS]), st.text(max_size=60)))
def test_any_environment_is_either_read_or_refused_by_name(environ: dict[str, str]) -> None:
    refused = ""
    try:
        load(environ)
    except WrongSettings as wrong:
        refused = wrong.field
    assert not refused or refused in environ


def test_the_settings_of_this_process_are_loaded_once() -> None:
    assert settings_module.settings is settings_module.settings
    with pytest.raises(AttributeError):
        settings_module.setings


def test_the_document_is_what_the_table_says() -> None:
    written = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert written == document(), "run: python -m guildhall.core.settings_docs docs/settings.md"
