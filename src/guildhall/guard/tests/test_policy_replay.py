"""`guildhall guard replay` and the trial on the Policies page: what a new policy would catch, spare, and where
it disagrees with moderators, over stored history.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from guildhall.channels.models import Space
from guildhall.core import clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.effects.testing import drain
from guildhall.guard import actions, policy, shadow
from guildhall.guard.actions.shadowing import ALL
from guildhall.guard.commands import replaying
from guildhall.guard.models import Case, ShadowRun
from guildhall.guard.tests.rows import FINE, SCAM, Asked, a_message, a_space, an_account, post

pytestmark = pytest.mark.django_db
NEW = policy.shipped_source("default") + "\nrules: {THEFT-1: off}\nwords: [{word: funding, action: delete}]\n"


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    noted = Asked()
    monkeypatch.setattr("guildhall.guard.enforcement.channels.request_many", noted)
    return noted


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "new.yaml"
    path.write_text(NEW)
    return path


def history() -> Space:
    """A scam that people confirmed, talk that they called fine, and talk nobody looked at."""
    actions.install_shipped("system:test")
    space, other = a_space(), a_space("other")
    scam = post(space, an_account("thief"), SCAM)
    actions.uphold(Case.objects.get(message=scam, kind="verdict").id, "staff:2")
    talk = post(space, an_account("Ann"), FINE)
    reported = actions.report_message(talk.id, reporter="account:x")
    actions.undo(reported.id, "staff:2")
    a_message(other, an_account("Bo"), f"{FINE} too", at=clock.now() - timedelta(hours=1))
    a_message(other, an_account("Cy"), FINE, at=clock.now() - timedelta(days=40))
    return space


def replayed(capsys: pytest.CaptureFixture[str], *args: object, **options: object) -> dict:
    replaying.replay(*args, as_json=True, **options)  # type: ignore[arg-type]
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_replay_counts_what_would_change_and_where_moderators_said_otherwise(file, capsys):
    history()
    said = replayed(capsys, file, "30d")
    assert (said["messages"], said["newly_caught"], said["disagreeing"]) == (3, 2, 1)
    assert said["decided"]["after"]["wrongly"] == 1
    assert said["decided"]["before"]["precision"] == 1.0
    caught = said["rows"]["caught"]
    assert all(row["path"] == f"/messages/{row['message']}/" for row in caught)
    assert said["members_punished"]["after"] > said["members_punished"]["before"]
    assert said["stopped"] is False


def test_a_replay_can_look_at_one_space_and_write_every_difference(file, tmp_path, capsys):
    history()
    out = tmp_path / "rows.jsonl"
    said = replayed(capsys, file, "30d", space="other", out=out)
    assert (said["messages"], said["newly_caught"]) == (1, 1)
    (row,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert row["groups"] == ["caught"]
    assert row["excerpt"].startswith(FINE)


def test_a_replay_for_people_names_messages_and_paths(file, capsys):
    history()
    replaying.replay(file, "30d")
    text = capsys.readouterr().out
    assert "removes 2 more" in text
    assert "disagrees with moderators in 1" in text
    assert "/messages/" in text
    assert FINE in text


def test_a_replay_changes_nothing(file, capsys):
    history()
    before = Case.objects.count()
    replaying.replay(file, "30d")
    assert Case.objects.count() == before
    assert not ShadowRun.objects.exists()


def test_a_policy_that_cannot_be_read_and_a_space_nobody_knows_are_named(file, tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("mode: act\nwrods: []")
    with pytest.raises(BadInput) as caught:
        replaying.replay(wrong, "30d")
    assert (caught.value.row, caught.value.field) == (2, "wrods")
    with pytest.raises(BadInput):
        replaying.replay(tmp_path / "none.yaml", "30d")
    with pytest.raises(BadInput):
        replaying.replay(file, "a month")
    with pytest.raises(NotFound):
        replaying.replay(file, "30d", space="nowhere")


def test_the_trial_of_the_page_is_the_same_engine(file):
    space = history()
    draft = actions.save_draft("default", NEW, "staff:1")
    run = actions.start_shadow(draft.id, "staff:1")
    drain()
    run.refresh_from_db()
    assert run.result["groups"] == {"caught": 2, "spared": 0, "disagrees": 1}
    assert run.result["by"]["space"][space.id] == [1, 0, 1]
    assert run.result["by"]["rule"]["WORD-1"] == [2, 0, 1]
    one = actions.start_shadow(draft.id, "staff:1", scope=space.id)
    drain()
    one.refresh_from_db()
    assert (one.total, one.result["groups"]["caught"]) == (2, 1)
    everywhere = actions.start_shadow(draft.id, "staff:1", scope=ALL)
    drain()
    everywhere.refresh_from_db()
    assert everywhere.result["groups"]["caught"] == 2
    with pytest.raises(NotFound):
        actions.start_shadow(draft.id, "staff:1", scope="nowhere")


def test_overrides_hold_in_a_trial_as_they_would_in_force(file):
    history()
    source = policy.shipped_source("default") + (
        "\nwords: [{word: funding, action: delete}]\n"
        "overrides:\n  - {when: {space: other}, then: {families: {WORD: off}}}\n"
    )
    draft = actions.save_draft("default", source, "staff:1")
    run = actions.start_shadow(draft.id, "staff:1")
    drain()
    run.refresh_from_db()
    assert run.result["groups"]["caught"] == 1


def test_only_what_people_called_otherwise_disagrees():
    assert shadow.empty()["groups"] == {"caught": 0, "spared": 0, "disagrees": 0}
    assert replaying.span("2w") == timedelta(days=14)
    assert replaying._excerpt("a\x1b[31m b\n c") == "a [31m b c"
