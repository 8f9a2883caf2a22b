"""Whatever dies between the table and its index, or writes beside us: each row stands there once."""

from __future__ import annotations

import shutil

import pytest
from deltalake import DeltaTable

from guildhall.core.errors import Unavailable
from guildhall.facts import landing, shipping, store
from guildhall.facts.keyindex import KeyIndex
from guildhall.facts.shipping import Shipped
from guildhall.facts.tests.conftest import FILLS, fills, ids_in

pytestmark = pytest.mark.django_db


def ship(*ids: int, **over) -> Shipped:
    return shipping.ship("t_fills", fills(ids, **over), batch_id="b", source="tests")


class Died(BaseException):
    """Stands for kill -9."""


def die(*_args: object, **_kwargs: object) -> None:
    raise Died


def test_dying_after_the_commit_before_the_index_doubles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ship(1, 2)
    with monkeypatch.context() as patch:
        patch.setattr(KeyIndex, "add", die)
        with pytest.raises(Died):
            ship(3, 4)
    assert ship(1, 2, 3, 4, 5) == Shipped(new=1, same=4, version=3)
    assert len(ids_in()) == 5


def test_dying_before_the_commit_loses_nothing_that_was_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    ship(1)
    with monkeypatch.context() as patch:
        patch.setattr(landing, "append", die)
        with pytest.raises(Died):
            ship(2)
    assert ship(1, 2) == Shipped(new=1, same=1, version=2)


def test_dying_while_runs_are_merged_doubles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(7):
        ship(n)
    with monkeypatch.context() as patch:
        patch.setattr(KeyIndex, "_replace", die)
        with pytest.raises(Died):
            ship(7)
    assert ship(*range(9)) == Shipped(new=1, same=8, version=9)


def test_a_lost_index_is_made_again_from_the_table() -> None:
    ship(*range(20))
    shutil.rmtree(store.index_dir("t_fills"))
    assert ship(*range(21)) == Shipped(new=1, same=20, version=2)
    assert KeyIndex(store.index_dir("t_fills")).rows == 21


def test_a_table_put_back_to_an_older_state_is_believed() -> None:
    ship(1, 2)
    place = store.table_url("t_fills")
    shutil.copytree(place, place + ".backup")
    ship(3)
    shutil.rmtree(place)
    shutil.move(place + ".backup", place)
    assert ship(1, 2, 3) == Shipped(new=1, same=2, version=2)
    # The same version again, and another commit than the one the index knew.
    shutil.rmtree(place)
    assert ship(4) == Shipped(new=1, version=1)
    assert ship(1, 4) == Shipped(new=1, same=1, version=2)


def test_another_machine_writing_at_the_same_moment_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    ship(1)
    honest, others = landing.append, [[2, 3], [3, 4]]

    def append(table, delta, rows, months, token):
        if others:
            beside = fills(others.pop(0))
            behind = DeltaTable(store.table_url(FILLS.name))
            months_of = landing.checking.months_of(FILLS, beside)
            assert honest(FILLS, behind, beside, months_of, "beside") is not None
        return honest(table, delta, rows, months, token)

    monkeypatch.setattr(landing, "append", append)
    done = ship(3, 5)
    assert (done.new, done.same) == (1, 1)
    assert ids_in().count("T5") == 1


def test_giving_up_after_others_wrote_too_often_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landing, "append", lambda *_: None)
    with pytest.raises(Unavailable):
        ship(1)


def test_two_shippers_of_one_machine_wait_for_each_other() -> None:
    from threading import Thread

    done = []
    with shipping.alone("t_fills"):
        waits = Thread(target=lambda: done.append(_enter()))
        waits.start()
        waits.join(0.2)
        assert done == []
    waits.join(5)
    assert done == [True]


def _enter() -> bool:
    with shipping.alone("t_fills"):
        return True
