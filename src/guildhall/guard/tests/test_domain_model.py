"""The domain-name model: what it says of names nobody listed, and that its files mean the same for ever."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guildhall.core.errors import BadInput
from guildhall.guard import domain_model, lookalikes
from guildhall.guard.commands import domains as scoring
from guildhall.guard.domain_model import features
from guildhall.guard.domain_model.learning import knowledge
from guildhall.guard.domain_model.own.generate import own_rows

THEFT = (
    "claim-arbitrum-airdrop.xyz",
    "uniswap-rewards.pages.dev",
    "walletconnect-rectify.web.app",
    "airdrop-hyperliquid.top",
    "metamask-restore.live",
)
HONEST = (
    "uniswap.org",
    "etherscan.io",
    "nytimes.com",
    "tsinghua.edu.cn",
    "eastmoney.com",
    "sberbank.ru",
    "smithandsonsroofing.co.uk",
    "docs.python.org",
    "my-portfolio.vercel.app",
    "city-library.gov",
)


@pytest.fixture(scope="module")
def small() -> bytes:
    return domain_model.train_domains(_rows(), seed=1, without_own=True)


def _rows() -> list[domain_model.DomainRow]:
    return own_rows(7)[::12]


def test_names_of_theft_stand_above_the_line_and_honest_ones_below() -> None:
    model = domain_model.shipped()
    assert all(model.score(name) >= domain_model.FLAG_AT for name in THEFT), [
        (name, model.score(name)) for name in THEFT
    ]
    assert all(model.score(name) < domain_model.FLAG_AT for name in HONEST), [
        (name, model.score(name)) for name in HONEST
    ]


@pytest.mark.parametrize(
    "name",
    [
        "airdrop-berachain.xyz",
        "claim.zama-network.top",
        "hyperliqiud-rewards.app",
        "claimeigenlayer.live",
        "debridge-eligibility.com",
        "claim-brevis.pages.dev",
    ],
)
def test_a_project_beside_a_lure_on_a_strangers_domain_stands_above_the_line(name: str) -> None:
    assert domain_model.shipped().score(name) >= domain_model.FLAG_AT


@pytest.mark.parametrize(
    "name",
    [
        "claims.berachain.com",
        "airdrop.hyperfoundation.org",
        "docs.eigenlayer.xyz",
        "scrollprinting.co.uk",
        "nearbyflowers.com",
        "linea-moda.it",
    ],
)
def test_a_project_at_home_and_ordinary_words_stand_below_the_line(name: str) -> None:
    assert domain_model.shipped().score(name) < domain_model.FLAG_AT


def test_a_word_with_letters_that_look_alike_is_read() -> None:
    known = knowledge()
    assert features.read(features.name_of("ciaim-zkpass.net"), known).disguised == "claim"
    assert features.read(features.name_of("uniswap.org"), known).at_home


def test_a_batch_and_one_by_one_give_the_same_scores() -> None:
    model = domain_model.shipped()
    names = [*THEFT, *HONEST, "", "x", "1.2.3.4", "例え.jp", "http://claim-aave.top/x?y", "a" * 300]
    assert model.scores(names) == [model.score(name) for name in names]
    assert all(0 <= score <= 1 for score in model.scores(names))


@pytest.mark.proof
def test_the_same_rows_and_seed_give_the_same_bytes(small: bytes) -> None:
    assert domain_model.train_domains(_rows(), seed=1, without_own=True) == small


def test_rows_of_our_own_are_the_same_every_time_and_never_of_both_kinds() -> None:
    rows = own_rows(1)
    assert rows == own_rows(1)
    honest = {row.domain for row in rows if not row.label}
    assert not honest & {row.domain for row in rows if row.label}
    assert sum(row.source in ("own-written", "own-trade") for row in rows) > 2500


@pytest.mark.parametrize("cut", [0, 5, 20, 200, -1])
def test_a_file_cut_short_is_refused_in_words(small: bytes, cut: int) -> None:
    with pytest.raises(BadInput) as caught:
        domain_model.load(small[:cut])
    assert caught.value.text.zh


def test_a_damaged_file_is_refused(small: bytes) -> None:
    broken = bytearray(small)
    broken[-20] ^= 255
    with pytest.raises(BadInput):
        domain_model.load(bytes(broken))


def test_what_speaks_against_a_name_is_said() -> None:
    because = domain_model.shipped().because("claim-arbitrum.xyz")
    assert (because.brand, because.lures, because.ending) == ("arbitrum", ("claim",), "xyz")


def test_training_needs_names_of_both_kinds() -> None:
    with pytest.raises(BadInput):
        domain_model.train_domains([{"domain": "a.com", "label": 1}], without_own=True)


def test_a_name_is_cut_into_the_words_it_is_made_of() -> None:
    known = knowledge()
    assert features.segment("claimarbitrumairdrop", known) == [
        ("claim", "lure"),
        ("arbitrum", "brand"),
        ("airdrop", "lure"),
    ]
    assert features.name_of("https://www.app.example.co.uk/x") == features.Name("app", "example", "co.uk")
    assert features.name_of("github.io") == features.Name("", "github", "io")
    assert features.name_of("x.pages.dev") == features.Name("", "x", "pages.dev")


@pytest.mark.parametrize(
    ("written", "real", "slip"),
    [
        ("binnance", "binance", True),
        ("binanec", "binance", True),
        ("binamce", "binance", True),
        ("bnance", "binance", True),
        ("finance", "binance", False),
        ("ledgers", "ledger", False),
        ("opensea", "opensea", False),
        ("layered", "layere", False),
    ],
)
def test_a_slip_of_the_keyboard_is_told_from_another_word(written: str, real: str, slip: bool) -> None:
    assert lookalikes.is_slip(written, real) is slip


def test_guard_domains_gives_a_row_for_every_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [
        json.dumps({"domain": "uniswap-rewards.pages.dev"}),
        "nonsense",
        json.dumps({"domain": "python.org"}),
    ]
    source.write_text("\n".join(lines) + "\n")
    assert scoring.score(str(source), out, None) == 1
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [set(row) >= {"score", "reasons"} for row in rows] == [True] * 3
    assert rows[0]["score"] >= 0.5
    assert {found["rule"] for found in rows[0]["reasons"]} == {"LINK-10", "LINK-3"}
    assert "error" in rows[1]
    assert rows[2] == {"score": rows[2]["score"], "reasons": []}
    summary = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert (summary["domains"], summary["errors"]) == (3, 1)
    assert summary["model"].startswith("domains-shipped-")
