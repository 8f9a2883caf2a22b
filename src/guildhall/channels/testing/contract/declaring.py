"""What an adapter says of itself: every verb, every limit, in both languages, and nothing that cannot be."""

from __future__ import annotations

import re

from guildhall.channels import registry
from guildhall.channels.port import SAYING, Act, Refs, Verb
from guildhall.channels.testing.contract.samples import Samples
from guildhall.effects.types import Mode

_NAME = re.compile(r"[a-z][a-z_]{1,29}")
_TAKING_BACK = (Verb.DELETE, Verb.BAN, Verb.RESTRICT, Verb.KICK, Verb.UNBAN, Verb.UNRESTRICT, Verb.LOCK)


class Declaring(Samples):
    """The table of a platform."""

    def test_every_verb_is_declared_and_refusals_say_why_in_both_languages(self) -> None:
        assert set(self.adapter.capabilities) == set(Verb)
        for capability in self.adapter.capabilities.values():
            if not capability.supported:
                assert all((capability.reason.en, capability.reason.zh))
                assert all((capability.manual_step.en, capability.manual_step.zh))

    def test_it_has_a_name_in_both_languages_and_can_be_found(self) -> None:
        assert _NAME.fullmatch(self.adapter.platform)
        assert self.adapter.name.en
        assert self.adapter.name.zh
        assert type(registry.get(self.adapter.platform)) is type(self.adapter)
        assert isinstance(self.adapter.shows_at_once, bool)

    def test_limits_can_be_kept(self) -> None:
        limits = self.adapter.limits
        assert (limits.text > 0) == self.adapter.capabilities[Verb.SEND].supported
        assert limits.buttons >= 0
        assert limits.media >= 0
        assert 0 <= limits.caption <= limits.text
        assert limits.count("") == 0
        for text in ("a", "é", "好", "\U0001f680", "\U0001f468\u200d\U0001f469", "a好"):
            assert 0 < limits.count(text) <= limits.count(text + "x")

    def test_words_are_said_once_and_what_is_taken_away_may_be_taken_again(self) -> None:
        for verb, capability in self.adapter.capabilities.items():
            assert self.adapter.mode(verb) in (Mode.ONCE, Mode.REPEATABLE)
            if capability.supported and self.adapter.shows_at_once and verb in SAYING - {Verb.EDIT}:
                assert self.adapter.mode(verb) is Mode.ONCE, verb
            if capability.supported and verb in _TAKING_BACK:
                assert self.adapter.mode(verb) is Mode.REPEATABLE, verb

    def test_buckets_have_short_names_and_are_always_the_same(self) -> None:
        refs = Refs(self.space, receiver="1")
        for verb in Verb:
            names = self.adapter.buckets(Act(verb, "space"), refs)
            assert names == self.adapter.buckets(Act(verb, "space"), refs)
            assert all(isinstance(name, str) and 0 < len(name) <= 190 for name in names)
            assert len(set(names)) == len(names)

    def test_performing_a_repeatable_verb_twice_is_as_good_as_once(self) -> None:
        refs = Refs(self.space, "m1", "s1")
        for verb, capability in self.adapter.capabilities.items():
            if capability.supported and verb not in SAYING and self.adapter.mode(verb) is Mode.REPEATABLE:
                act = Act(verb, "space", message_id="m", account_id="a")
                self.adapter.perform(act, refs)
                self.adapter.perform(act, refs)
