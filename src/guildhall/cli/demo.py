"""`guildhall demo`: build, remove, look at, or let go on the made-up community; what a first start makes.

A first start only makes the demo's spaces. Its world is built beside the open house, by a process that `up`
keeps alive as long as a file in the data directory says that there is something left to build.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from guildhall.channels.models import Space
from guildhall.cli.stamp import DEMO_UNBUILT
from guildhall.cli.supervisor import is_running
from guildhall.core import clock
from guildhall.core.errors import GuildhallError, NotFound
from guildhall.core.settings import Settings
from guildhall.core.text import Text
from guildhall.demo import actions, building, desk, exchange, queries, sweeping
from guildhall.demo.events import Event, What
from guildhall.demo.models import World

_NICE = 10
_PATIENCE_S = 20.0
State = World.State


def furnish(settings: Settings) -> None:
    """Make of an empty house at its first start what the setting says; leave any other house alone."""
    known = queries.world()
    if known is None and not Space.objects.exists():
        if settings.demo == "spaces":
            actions.furnish()
        elif settings.demo == "world":
            known = actions.begin()
    if known is not None and known.state == State.BUILDING and settings.demo != "off":
        (settings.data_dir / DEMO_UNBUILT).touch()


def build(settings: Settings, *, seed: int | None, unfinished: bool) -> None:
    """Build a world, or go on with the one that was begun. `unfinished`: never begin one. Raises Conflict."""
    marker = settings.data_dir / DEMO_UNBUILT
    if unfinished:
        os.nice(_NICE)
    try:
        world = queries.world()
        if world is not None and world.state == State.READY and world.total and not _is_furnished():
            pass
        elif world is None or world.state != State.BUILDING:
            if unfinished:
                marker.unlink(missing_ok=True)
                return
            actions.begin(seed=actions.SEED if seed is None else seed)
        elif building.is_stale(world):
            building.renew(world)
    except GuildhallError:
        marker.unlink(missing_ok=True)
        raise
    began = time.monotonic()
    with _bar() as bar:
        task = bar.add_task("building the demo", total=None)
        finished = building.build(lambda done, total: bar.update(task, completed=done, total=total))
        if finished:
            bar.update(task, description="building the demo's exchange", completed=0, total=None)
            exchange.build(World.objects.get())
            bar.update(task, description="building the demo's desk")
            desk.build(World.objects.get())
    marker.unlink(missing_ok=True)
    said = (
        f"the demo world is built ({time.monotonic() - began:.0f} s)"
        if finished
        else "the demo was taken away"
    )
    print(f"guildhall: {said}", file=sys.stderr, flush=True)


def _is_furnished() -> bool:
    """Whether what is built after the world stands."""
    return exchange.is_built() and desk.is_built()


def remove(settings: Settings) -> None:
    """Take the demo away, and wait until it is gone. Raises NotFound."""
    actions.remove(by="system:cli")
    (settings.data_dir / DEMO_UNBUILT).unlink(missing_ok=True)
    with _bar() as bar:
        task = bar.add_task("removing the demo", total=100)
        moved_at, done = time.monotonic(), 0
        while is_running(settings.data_dir) and time.monotonic() - moved_at < _PATIENCE_S:
            world = queries.world()
            if world is None or world.state != State.REMOVING:
                break
            if world.done != done:
                moved_at, done = time.monotonic(), world.done
            bar.update(task, completed=done)
            time.sleep(0.3)
        sweeping.sweep()
    print("the demo is gone; it does not come back by itself")


def status() -> None:
    """Say what of the demo is in the house."""
    world = queries.world()
    if world is None:
        print("there never was a demo in this house")
        return
    print(f"demo: {State(world.state).label}, seed {world.seed}, past until {world.ends:%Y-%m-%d %H:%M} UTC")
    if queries.is_moving(world):
        print(f"  {world.percent} %")
    if queries.is_there(world):
        has = queries.belongings(world)
        print(f"  spaces   {', '.join(has.spaces)}")
        print(f"  messages {has.messages:,}, members {has.members:,}, cases {has.cases:,}, staff {has.staff}")
        print(f"  visitors who are not made up: {has.visitors:,}")


def live(settings: Settings, *, speed: float, seed: int | None) -> None:
    """Let the world go on until Ctrl-C. Raises NotFound, Conflict."""
    from guildhall.demo.live import Live

    world = queries.world()
    if world is None:
        raise NotFound(
            Text("There is no demo in this house: guildhall demo build", "尚无演示世界：guildhall demo build")
        )
    if not is_running(settings.data_dir):
        print("guildhall: what moderators order waits until `guildhall up` runs", file=sys.stderr)
    said: Counter[str] = Counter()

    def heard(event: Event) -> None:
        said[event.what.value] += 1
        mark = {What.SAY: "", What.EDIT: "edits: ", What.REPORT: "reports: ", What.APPEAL: "appeals: "}
        words = f"{mark.get(event.what, event.what.value)}{event.text}"
        print(f"{clock.now():%H:%M:%S} {event.space:<8} {event.name}: {words}", flush=True)

    try:
        Live(world, speed=speed, seed=seed).run(heard)
    except KeyboardInterrupt:
        print("\n" + ", ".join(f"{what} {n:,}" for what, n in said.most_common()))


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description} {task.percentage:>3.0f}%"), BarColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
