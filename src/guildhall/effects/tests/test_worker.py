"""Workers as processes: quick, stopped gracefully, killed, cut off from their database, and never
orphaned.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import OperationalError, connection, transaction

from guildhall.core import troubles
from guildhall.effects import actions, settle
from guildhall.effects import worker as worker_module
from guildhall.effects.actions import NewEffect
from guildhall.effects.models import Effect
from guildhall.effects.types import Done, Mode
from guildhall.effects.worker import Worker

pytestmark = pytest.mark.django_db(transaction=True)
SCRIPT = Path(__file__).with_name("process.py")
LEASE_S = 2


def database_url():
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    host = f"{found['HOST']}" if not str(found["HOST"]).startswith("/") else ""
    port = f":{found['PORT']}" if found["PORT"] else ""
    query = f"?host={quote(found['HOST'], safe='/')}" if not host else ""
    return f"postgresql://{found['USER']}:{found['PASSWORD']}@{host}{port}/{found['NAME']}{query}"


@pytest.fixture
def process(tmp_path):
    """Start workers and tickers as processes on this test's database; whatever is left is killed."""
    started = []
    log = tmp_path / "log"
    log.touch()

    def start(what="worker", threads=4):
        env = os.environ | {
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"].replace(
                "test_settings", "settings"
            ),
            "TEST_LEASE_S": str(LEASE_S),
        }
        name = f"{what}-{len(started)}"
        child = subprocess.Popen([sys.executable, str(SCRIPT), what, name, str(threads), str(log)], env=env)
        started.append(child)
        return child

    start.log = log
    yield start
    for child in started:
        if child.poll() is None:
            child.kill()
        child.wait()


def queue(*effects):
    with transaction.atomic():
        return actions.enqueue_many(effects)


def until(true, within_s=60.0):
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, dict(Counter(Effect.objects.values_list("state", flat=True)))
        time.sleep(0.02)


def database_troubles():
    """Troubles with the database, in whatever process; what other tests have reported is not ours."""
    return [one for one in troubles.current() if one.kind.startswith("database")]


def count(**wanted):
    return Effect.objects.filter(**wanted).count()


def lines(log, what):
    return Counter(int(line.split()[1]) for line in log.read_text().splitlines() if line.startswith(what))


@pytest.fixture
def worker():
    """A worker in threads of this process."""
    made = []

    def start(threads=4):
        one = Worker(f"worker-{len(made)}", threads)
        thread = threading.Thread(target=one.run)
        thread.start()
        made.append((one, thread))
        return one

    yield start
    for one, _ in made:
        one.stop()
    for _, thread in made:
        thread.join(30)


def soonest(tries, idle_s):
    """The shortest of several waits until one effect is done, each after a pause: a busy machine spoils
    single ones.
    """
    waits = []
    for n in range(tries):
        time.sleep(idle_s)
        asked = time.monotonic()
        queue(NewEffect("t.work"))
        until(lambda n=n: count(state="done") == n + 1)
        waits.append(time.monotonic() - asked)
    return min(waits)


def test_a_worker_hears_at_once_of_what_is_queued_in_its_process(perform_with, worker):
    perform_with("t.work")
    worker()
    assert soonest(tries=3, idle_s=1) < 0.2


def test_a_worker_hears_soon_of_what_another_process_queued(process):
    process()
    queue(NewEffect("t.later"))
    until(lambda: count(kind="t.later", attempts=0, waiting_for="time") == 1)
    assert soonest(tries=3, idle_s=1) < 0.25


def test_effects_of_a_key_keep_the_order_in_which_they_were_committed():
    inside, order = threading.Event(), []

    def slow():
        with transaction.atomic():
            actions.enqueue(NewEffect("t.n", {"n": 1}, order_key="k"))
            inside.set()
            time.sleep(0.4)
            order.append(1)
        connection.close()

    first = threading.Thread(target=slow)
    first.start()
    inside.wait()
    with transaction.atomic():
        actions.enqueue(NewEffect("t.n", {"n": 2}, order_key="k"))
        order.append(2)
    first.join()
    assert order == [1, 2]
    assert [e.payload["n"] for e in Effect.objects.order_by("id")] == [1, 2]


def test_a_worker_outlives_the_loss_of_all_its_connections(perform_with, worker):
    if connection.vendor != "postgresql":
        pytest.skip("a SQLite file has no server that could drop connections")
    perform_with("t.slow", lambda e: time.sleep(0.02))
    queue(*[NewEffect("t.slow", order_key=f"k{n % 7}") for n in range(60)])
    worker(4)
    for seen in (5, 20, 35):
        until(lambda seen=seen: count(state="done") > seen)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
    until(lambda: count(state="done") == 60)
    until(lambda: not database_troubles())


def test_order_within_a_key_holds_with_many_threads_and_workers(perform_with, worker):
    seen, lock = {}, threading.Lock()

    def note(effect):
        with lock:
            seen.setdefault(effect.payload["key"], []).append(effect.payload["n"])

    perform_with("t.n", note)
    for n in range(10):
        queue(*[NewEffect("t.n", {"key": k, "n": n}, order_key=f"k{k}") for k in range(8)])
    worker(3)
    worker(3)
    until(lambda: count(state="done") == 80)
    assert all(order == list(range(10)) for order in seen.values())


def test_rates_hold_across_workers(perform_with, limit, worker):
    perform_with("t.n")
    limit("t.all", 100, 10)
    limit("t.chat:", 25, 3)
    for n in range(0, 80, 8):
        names = [(("t.all", f"t.chat:{(n + i) % 4}"), ("t.all",))[i % 2] for i in range(8)]
        queue(*[NewEffect("t.n", buckets=b) for b in names])
    for _ in range(3):
        worker(3)
    until(lambda: count(state="done") == 80)
    times = {}
    for at, names in Effect.objects.values_list("started_at", "buckets"):
        for name in names:
            times.setdefault(name, []).append(at)
    assert len(times) == 3
    for name, found in times.items():
        rate, burst = (100, 10) if name == "t.all" else (25, 3)
        found.sort()
        for i, first in enumerate(found):
            for j in range(i, len(found)):
                # A start carries the time its claim began; one that waited for the bucket's row meanwhile draws
                # what has flowed in since, so stamps lie a little too early. The bucket never goes back.
                seconds = (found[j] - first).total_seconds() + 0.05
                assert j - i + 1 <= burst + rate * seconds, (name, i, j)


def test_a_worker_outlives_a_database_that_goes_away(perform_with, worker, monkeypatch):
    gone = threading.Event()
    real = settle.settle

    def settled(*args, **kwargs):
        if gone.is_set():
            raise OperationalError("database is locked")
        return real(*args, **kwargs)

    monkeypatch.setattr(settle, "settle", settled)
    ran = []
    perform_with("t.once", lambda e: ran.append(e.id))
    one = worker(2)
    gone.set()
    queue(*[NewEffect("t.once") for _ in range(3)])
    until(lambda: len(ran) == 3)
    until(lambda: "database_locked" in [t.kind for t in troubles.current()])
    assert count(state="done") == 0
    gone.clear()
    until(lambda: count(state="done") == 3)
    until(lambda: not database_troubles())
    assert sorted(ran) == sorted(set(ran))
    until(lambda: one.finished == 3)


def test_a_performer_that_tries_to_end_the_process_ends_only_its_effect(perform_with, worker):
    def leave(effect):
        raise SystemExit("bye")

    perform_with("t.exit", leave, max_attempts=1)
    perform_with("t.fine")
    queue(*[NewEffect("t.exit")] * 4, NewEffect("t.fine"))
    worker(2)
    until(lambda: count(state="dead") == 4 and count(state="done") == 1)


def test_a_record_the_database_always_refuses_holds_up_no_other(perform_with, worker, monkeypatch):
    monkeypatch.setattr(worker_module, "REFUSED_OFTEN", 1)

    def refuse():
        raise OperationalError("no such table: nowhere")

    perform_with("t.good", lambda e: Done(record=lambda: None))
    perform_with("t.bad", lambda e: Done(record=refuse), max_attempts=1)
    queue(
        NewEffect("t.good"),
        NewEffect("t.bad"),
        NewEffect("t.bad", mode=Mode.ONCE),
        *[NewEffect("t.good")] * 5,
    )
    worker(2)
    until(lambda: count(state="done") == 6 and count(state__in=["dead", "uncertain"]) == 2)
    until(lambda: not database_troubles())


def test_told_to_stop_a_worker_ends_what_is_in_hand_and_gives_back_the_rest(process):
    queue(*[NewEffect("t.work", {"s": 0.5}, Mode.ONCE) for _ in range(30)])
    child = process(threads=3)
    until(lambda: count(state="running") == 3)
    child.terminate()
    assert child.wait(10) == 0
    done = count(state="done")
    assert 3 <= done < 30
    assert count(state="queued", attempts=0) == 30 - done
    assert lines(process.log, "begin") == lines(process.log, "end")


@pytest.mark.parametrize("kills", [4, pytest.param(60, marks=pytest.mark.proof)])
def test_after_kills_nothing_is_lost_nothing_doubled_and_only_what_was_in_flight_is_uncertain(process, kills):
    threads, size = 3, 10 * (kills + 1)
    keys = [f"k{n % 5}" for n in range(size)]
    queue(*[NewEffect("t.work", {"s": 0.05, "key": k}, Mode.ONCE, order_key=k) for k in keys])
    queue(*[NewEffect("t.work", {"s": 0.01}, Mode.ONCE) for _ in range(2 * size)])
    queue(*[NewEffect("t.work", {"s": 0.01, "key": "r"}) for _ in range(2 * size)])
    process("ticker")
    children = [process(threads=threads), process(threads=threads)]
    for _ in range(kills):
        seen = count(state="done")
        until(lambda seen=seen: count(state="done") > seen + 5)
        victim = children.pop(0)
        victim.kill()
        victim.wait()
        children.append(process(threads=threads))
    until(lambda: count(state__in=["queued", "leased", "running"]) == 0, 120)
    assert count(kind="t.work") == 5 * size
    mine = Effect.objects.filter(kind="t.work")
    assert mine.filter(state__in=["done", "uncertain"]).count() == 5 * size
    assert count(state="uncertain") <= kills * threads
    begun, ended = lines(process.log, "begin"), lines(process.log, "end")
    once = set(Effect.objects.filter(mode="once").values_list("id", flat=True))
    uncertain = set(Effect.objects.filter(state="uncertain").values_list("id", flat=True))
    assert all(begun[i] <= 1 and ended[i] <= 1 for i in once)
    assert {i for i in once if not ended[i]} <= uncertain
    assert all(ended[i] >= 1 for i in mine.filter(mode="repeatable").values_list("id", flat=True))
    told = process.log.read_text().splitlines()
    for key in set(keys):
        order = [int(line.split()[1]) for line in told if line.startswith("begin") and line.endswith(key)]
        assert order == sorted(order)


def test_a_worker_whose_parent_is_killed_does_not_go_on(process, tmp_path):
    pid_file = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, {str(SCRIPT)!r}, 'worker', 'orphan', '1', {str(process.log)!r}])\n"
        f"open({str(pid_file)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    env = os.environ | {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"].replace("test_settings", "settings"),
    }
    parent = subprocess.Popen([sys.executable, "-c", code], env=env)
    queue(NewEffect("t.work"))
    until(lambda: count(state="done") == 1)
    orphan = int(pid_file.read_text())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    until(lambda: not is_running(orphan), 10)
    queue(NewEffect("t.work"))
    time.sleep(1)
    assert count(state="done") == 1


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
