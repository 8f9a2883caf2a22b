"""LINK rules: blocked domains, look-alikes, hidden targets, invitations."""

from __future__ import annotations

import pytest

from guildhall.guard import domains
from guildhall.guard.rules import names
from guildhall.guard.tests.world import LISTS, rules_of, verdict
from guildhall.guard.types import Link


@pytest.mark.parametrize(
    "text, domain",
    [
        ("look https://evil-drain.com/x", "evil-drain.com"),
        ("look https://www.EVIL-drain.com", "evil-drain.com"),
        ("look https://login.evil-drain.com/a?b", "evil-drain.com"),
        ("bare evil-drain.com here", "evil-drain.com"),
        ("page at https://bad.vercel.app", "bad.vercel.app"),
    ],
)
def test_link_1_blocked_domains_are_removed_whatever_the_words(text: str, domain: str) -> None:
    found = verdict(text)
    assert "LINK-1" in rules_of(found)
    assert found.removes
    assert found.reasons[0].params["domain"] == domain


def test_link_1_blocking_one_page_of_an_open_host_leaves_its_neighbours_alone() -> None:
    assert "LINK-1" not in rules_of(verdict("see https://good.vercel.app"))


@pytest.mark.parametrize(
    "url, rule",
    [
        ("https://b1nance.com", "LINK-2"),
        ("https://binnance.com", "LINK-2"),
        ("https://bіnance.com", "LINK-2"),
        ("https://coinbasse.com", "LINK-2"),
        ("https://uniswap-airdrop.com", "LINK-3"),
        ("https://claim-arbitrum.org", "LINK-3"),
        ("https://metamask.io-verify.com", "LINK-3"),
        ("https://ledger-support.live", "LINK-3"),
        ("https://binance.com.secure-login.top", "LINK-2"),
        ("https://binance.xyz", "LINK-9"),
    ],
)
def test_look_alikes_of_brands_are_recognised(url: str, rule: str) -> None:
    assert rule in rules_of(verdict(f"go to {url}"))


@pytest.mark.parametrize(
    "url",
    [
        "https://www.binance.com/en/support",
        "https://app.uniswap.org/swap",
        "https://arbitrum.io",
        "https://github.com/x",
        "https://bitgert.com",
        "https://safeway.com",
        "https://curvedental.com",
        "https://orcasound.net",
        "https://blurb.com",
        "https://circleci.com",
        "https://optimistic.example",
        "https://ourforum.example/airdrop",
        "https://scrollmagazine.com",
        "https://www.paypalobjects.com/x.js",
        "https://bdstatic.com",
        "https://layered.net",
        "https://velorastudios.com",
        "https://ledgerwallet.com",
    ],
)
def test_real_and_unrelated_domains_are_left_alone(url: str) -> None:
    found = verdict(f"go to {url}")
    assert not rules_of(found) & {"LINK-1", "LINK-2", "LINK-3", "LINK-5", "LINK-9"}, rules_of(found)


def test_link_4_words_that_show_another_domain_than_they_lead_to() -> None:
    link = Link("https://drain.top/login", "https://www.binance.com/login", "text_link", 0, 5)
    assert "LINK-4" in rules_of(verdict("Login here", links=(link,)))


def test_link_4_is_silent_when_words_and_target_agree() -> None:
    link = Link("https://www.kraken.com/fees", "kraken.com", "text_link", 0, 5)
    assert rules_of(verdict("fees: here", links=(link,))) == set()


@pytest.mark.parametrize(
    "url", ["https://binance.com@drain.top/x", "http://192.168.7.7/login", "http://3232235777/"]
)
def test_link_5_addresses_written_to_mislead(url: str) -> None:
    assert "LINK-5" in rules_of(verdict("x", links=(Link(url),)))


def test_link_6_programs_to_install() -> None:
    assert "LINK-6" in rules_of(verdict("update: https://wallet-files.top/Setup.exe"))


@pytest.mark.parametrize(
    "url",
    ["https://t.me/+abcdef", "https://t.me/joinchat/xx", "https://discord.gg/abc", "https://wa.me/49123"],
)
def test_link_7_invitations_elsewhere(url: str) -> None:
    assert "LINK-7" in rules_of(verdict(f"join {url}"))


def test_buttons_count_like_links() -> None:
    found = verdict("Press the button", links=(Link("https://evil-drain.com", "Claim", "button", -1, -1),))
    assert "LINK-1" in rules_of(found)
    assert found.reasons[0].spans == ()


@pytest.mark.parametrize(
    "url, domain",
    [
        ("https://user:pw@sub.example.co.uk:8443/p?q#f", "example.co.uk"),
        ("HTTP:\\\\Example.COM\\x", "example.com"),
        ("example.com.", "example.com"),
        ("https://foo.github.io/x", "foo.github.io"),
        ("mailto:a@example.com", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
        ("https://", ""),
        ("https://[::1]/x", "[::1]"),
        ("https://例え.jp", "xn--r8jz45g.jp"),
    ],
)
def test_addresses_are_taken_apart(url: str, domain: str) -> None:
    assert domains.take_apart(url).domain == domain


def test_sentences_without_a_blank_after_the_stop_are_no_domains() -> None:
    assert domains.bare_domains("i sold everything.then i slept") == []
    assert domains.bare_domains("v2.0 and node.js and 0.034") == []
    assert [d for d, _, _ in domains.bare_domains("登录www.y390.com马上")] == ["http://www.y390.com"]


def test_brands_with_everyday_names_need_a_lure_word() -> None:
    assert names.likeness("ledgers.net", "ledgers.net", LISTS.names) is None
    assert names.likeness("ledger-claim.net", "ledger-claim.net", LISTS.names) is not None


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.google.com/url?q=https%3A%2F%2Fevil-drain.com%2Fx&sa=D", "evil-drain.com"),
        ("https://t.me/iv?url=https%253A%252F%252Fevil-drain.com&rhash=1", "evil-drain.com"),
        (
            "https://l.facebook.com/l.php?u=https://www.google.com/url?q=https%3A%2F%2Fevil-drain.com",
            "evil-drain.com",
        ),
        ("https://evil--drain-com.translate.goog/x", "evil-drain.com"),
        ("https://web.archive.org/web/2020/http://evil-drain.com/", "evil-drain.com"),
        ("http://%65vil-drain.com/", "evil-drain.com"),
        ("http://ｅｖｉｌ-drain．ｃｏｍ/", "evil-drain.com"),
        ("http:\\\\evil-drain.com\\x", "evil-drain.com"),
        ("https://user:pw@evil-drain.com:8443/", "evil-drain.com"),
    ],
)
def test_a_blocked_domain_is_found_behind_redirects_and_disguises(url: str, domain: str) -> None:
    found = verdict("x", links=(Link(url),))
    assert "LINK-1" in rules_of(found)
    assert any(reason.params.get("domain") == domain for reason in found.reasons)


@pytest.mark.parametrize(
    "text",
    [
        "go to hxxps://evil-drain[.]com now",
        "go to evil-drain (dot) com now",
        "go to evil-drain dot com now",
        "go to evil-drain . com now",
        "看这里evil-drain。com领取",
        "看这里evil-drain点com领取",
        "go to ｅｖｉｌ-drain.com now",
        "go to evil-drain.com/claim",
    ],
)
def test_a_blocked_domain_is_found_however_it_is_written(text: str) -> None:
    assert "LINK-1" in rules_of(verdict(text))


@pytest.mark.parametrize(
    "text",
    [
        "e.g. the node.js docs, i.e. v1.2.3 at 9.30 a.m.",
        "main.py, report.pdf.zip and README.md are in the repo",
        "BTC.D at 54.2, ETH.BTC flat, TP 0.0345",
        "sold everything.then slept",
        "self.assertEqual(a.b, c.d)",
    ],
)
def test_prose_files_versions_and_tickers_are_no_links(text: str) -> None:
    assert not {rule for rule in rules_of(verdict(text)) if rule.startswith("LINK")}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,<b>x</b>", " JavaScript:void(0)"])
def test_link_12_links_that_run_a_script(url: str) -> None:
    assert "LINK-12" in rules_of(verdict("x", links=(Link(url, "Claim", "button"),)))


@pytest.mark.parametrize(
    "url",
    [
        "tg://join?invite=AAAA",
        "tg://resolve?domain=pumps",
        "https://telegram.me/pumps",
        "https://pumps.t.me",
        "https://chat.whatsapp.com/abc",
        "https://whatsapp.com/channel/abc",
        "https://line.me/R/ti/g/abc",
        "https://signal.group/#abc",
        "https://u.wechat.com/abc",
        "https://qm.qq.com/q/abc",
        "https://discordapp.com/invite/abc",
    ],
)
def test_link_7_every_messengers_invitations(url: str) -> None:
    assert "LINK-7" in rules_of(verdict("join", links=(Link(url),)))


@pytest.mark.parametrize("url", ["https://t.me/c/123/45", "https://discord.com/channels/1/2"])
def test_links_to_messages_are_no_invitations(url: str) -> None:
    assert "LINK-7" not in rules_of(verdict("see", links=(Link(url),)))


def test_link_10_a_name_that_looks_like_theft_goes_before_a_person_but_punishes_nobody_alone() -> None:
    found = verdict("have a look https://wallets-syncs-rectify.live")
    assert "LINK-10" in rules_of(found)
    assert not found.removes


@pytest.mark.parametrize(
    "url",
    ["http://0300.0250.7.7/", "http://0xC0.0xA8.7.7/x", "http://192.168.1801/", "https://[::ffff:1.2.3.4]/"],
)
def test_link_5_ip_addresses_in_every_notation(url: str) -> None:
    assert "LINK-5" in rules_of(verdict("x", links=(Link(url),)))
