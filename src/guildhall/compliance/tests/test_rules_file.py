"""The rules file is refused as a whole when a rule in it is incomplete, and the shipped one is complete."""

from datetime import date

import pytest

from guildhall.compliance.regions import lineage, parse_region
from guildhall.compliance.rulebook import Effect, Status, parse_rules
from guildhall.compliance.tests.houses import RULES
from guildhall.core.errors import BadInput

RULE = """
version: 1
as_of: 2026-11-23
review_by: 2027-05-23
reviewer: somebody
rules:
- id: XX-TEST-1
  version: 1
  regions: [GB]
  acts: [promote]
  effect: block
  status: secondary
  text: {en: No., zh: 否。}
"""


def test_every_shipped_law_names_where_it_was_read_or_admits_that_nobody_read_it():
    for rule in RULES.rules:
        assert rule.id.startswith("HOUSE-") or rule.sources or rule.status is Status.UNVERIFIED, rule.id
        assert rule.text.en.strip(), rule.id
        assert any("\u4e00" <= c <= "\u9fff" for c in rule.text.zh), rule.id
        assert rule.verified_on <= date(2026, 11, 23) < rule.review_by


def test_no_shipped_rule_allows_a_promotion():
    assert {rule.id for rule in RULES.rules if rule.effect is Effect.ALLOW} == {"HOUSE-SERVICE-1"}


@pytest.mark.parametrize(
    "old,new,field",
    [
        ("effect: block", "effect: maybe", "XX-TEST-1"),
        ("acts: [promote]", "acts: [advertise]", "XX-TEST-1"),
        ("regions: [GB]", "regions: [Narnia]", "XX-TEST-1"),
        ("status: secondary", "", "XX-TEST-1.status"),
        ("review_by: 2027-05-23", "", "XX-TEST-1.review_by"),
        ("review_by: 2027-05-23", "review_by: soon", "XX-TEST-1.review_by"),
        ("effect: block", "effect: disclose", "XX-TEST-1.disclosure"),
        ("effect: block", "effect: allow", "XX-TEST-1.status"),
        ("effect: block", "effect: block\n  colour: red", "XX-TEST-1.colour"),
        ("rules:", "rules: [", "rules"),
        ("{en: No., zh: 否。}", "{en: No.}", "XX-TEST-1"),
    ],
)
def test_a_wrong_rule_is_refused_by_name(old, new, field):
    parse_rules(RULE)
    with pytest.raises(BadInput) as caught:
        parse_rules(RULE.replace(old, new))
    assert caught.value.field == field


def test_two_rules_of_one_name_are_refused():
    again = RULE + RULE.split("rules:\n")[1]
    with pytest.raises(BadInput, match="two rules XX-TEST-1"):
        parse_rules(again)


def test_another_text_is_another_version():
    assert parse_rules(RULE).version != parse_rules(RULE.replace("No.", "Never.")).version


@pytest.mark.parametrize(
    "written,code",
    [
        ("gb", "GB"),
        ("UK", "GB"),
        (" de ", "DE"),
        ("dubai", "AE-DU"),
        ("ae_du", "AE-DU"),
        ("", ""),
        ("unknown", ""),
    ],
)
def test_regions_are_read_as_people_write_them(written, code):
    assert parse_region(written) == code


@pytest.mark.parametrize("written", ["Europe", "G", "GB'; --", "中国", "GBR"])
def test_what_is_no_region_is_refused(written):
    with pytest.raises(ValueError):
        parse_region(written)


def test_hong_kong_macao_and_taiwan_are_not_reached_by_mainland_rules():
    assert all("CN" not in lineage(region) for region in ("HK", "MO", "TW"))
    assert lineage("UA-43") == {"UA-43", "UA", "OFAC", "*"}
