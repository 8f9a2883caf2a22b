"""Death at any point: after a given number of steps the work stops, as if the process had been killed.

A step is a statement to the database, a commit, a commit to a table of facts, a file of the key index put in
place, a batch of explains written. What was committed stays, what was not is gone, nothing is cleaned up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from guildhall.facts import keyindex, landing
from guildhall.partners.settlement import computing


class Died(BaseException):
    """Nothing in the house catches it."""


class Life:
    """Counts steps down; `left` None never ends."""

    def __init__(self, left: int | None) -> None:
        self.left = left
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.left is not None:
            if self.left <= 0:
                raise Died
            self.left -= 1

    def statement(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.step()
        return execute(sql, params, many, context)

    def around(self, work: Callable[..., Any], *, before: bool = True) -> Callable[..., Any]:
        """`work`, with a step before and one after it."""

        def stepped(*args: Any, **kwargs: Any) -> Any:
            if before:
                self.step()
            answer = work(*args, **kwargs)
            self.step()
            return answer

        return stepped


@contextmanager
def living(left: int | None) -> Iterator[Life]:
    """For so many steps (None: for ever). The caller catches Died."""
    life = Life(left)
    writer = computing.pq.ParquetWriter.write_batch
    commit = BaseDatabaseWrapper.commit

    def committed(wrapper: BaseDatabaseWrapper) -> None:
        commit(wrapper)
        life.step()

    with (
        connection.execute_wrapper(life.statement),
        mock.patch.object(BaseDatabaseWrapper, "commit", committed),
        mock.patch.object(landing, "_write", life.around(landing._write)),
        mock.patch.object(keyindex.os, "replace", life.around(keyindex.os.replace)),
        mock.patch.object(
            computing.pq.ParquetWriter,
            "write_batch",
            lambda *args, **kwargs: life.around(writer)(*args, **kwargs),
        ),
    ):
        yield life
