"""What a first start makes of an empty house, by its setting, and what the commands of the demo say."""

from __future__ import annotations

from pathlib import Path

import pytest

from guildhall.channels.actions import create_space
from guildhall.channels.models import Space
from guildhall.cli import demo
from guildhall.cli.stamp import DEMO_UNBUILT
from guildhall.cli.supervisor import demo_builder
from guildhall.core.errors import BadInput, Conflict
from guildhall.core.settings import Settings, load
from guildhall.demo import actions, queries
from guildhall.demo.models import World
from guildhall.guard import freshness
from guildhall.guard.actions import install_shipped

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def house(db: None) -> None:
    install_shipped(by="system:test")
    freshness.forget()
    queries.forget()


def settings_of(folder: Path, said: str) -> Settings:
    return load({"GUILDHALL_DATA_DIR": str(folder), "GUILDHALL_DEMO": said})


@pytest.mark.parametrize(
    ("said", "spaces", "unbuilt"),
    [
        ("off", 0, False),
        ("no", 0, False),
        ("spaces", 2, False),
        ("world", 3, True),
        ("on", 3, True),
        ("", 3, True),
    ],
)
def test_an_empty_house_is_given_what_the_setting_says(
    tmp_path: Path, said: str, spaces: int, unbuilt: bool
) -> None:
    demo.furnish(settings_of(tmp_path, said))
    assert Space.objects.count() == spaces
    assert (tmp_path / DEMO_UNBUILT).exists() is unbuilt
    assert demo_builder(settings_of(tmp_path, said)).is_wanted is unbuilt


def test_a_word_that_is_none_of_them_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="GUILDHALL_DEMO.*off, spaces or world"):
        settings_of(tmp_path, "everything")


def test_a_house_with_a_space_is_left_alone_and_so_is_one_whose_demo_was_removed(tmp_path: Path) -> None:
    real = create_space(platform="webchat", slug="ours", name="Ours", by="staff:1")
    demo.furnish(settings_of(tmp_path, "world"))
    assert [space.pk for space in Space.objects.all()] == [real.pk]
    Space.objects.all().delete()
    demo.furnish(settings_of(tmp_path, "spaces"))
    demo.remove(settings_of(tmp_path, "spaces"))
    demo.furnish(settings_of(tmp_path, "world"))
    assert not Space.objects.exists()
    assert not (tmp_path / DEMO_UNBUILT).exists()


def test_a_builder_that_finds_nothing_to_build_says_that_it_is_not_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo.os, "nice", lambda by: by)
    settings = settings_of(tmp_path, "world")
    (tmp_path / DEMO_UNBUILT).touch()
    demo.build(settings, seed=None, unfinished=True)
    assert not (tmp_path / DEMO_UNBUILT).exists()
    assert queries.world() is None


def test_building_in_a_house_in_use_is_refused_with_the_reason(tmp_path: Path) -> None:
    create_space(platform="webchat", slug="ours", name="Ours", by="staff:1")
    with pytest.raises(Conflict, match="spaces of its own"):
        demo.build(settings_of(tmp_path, "off"), seed=None, unfinished=False)


def test_the_state_of_the_demo_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo.status()
    assert "never was a demo" in capsys.readouterr().out
    actions.begin()
    World.objects.update(done=84)
    demo.status()
    said = capsys.readouterr().out
    assert "being built" in said
    assert "25 %" in said
