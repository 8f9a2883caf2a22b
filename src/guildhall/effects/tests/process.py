"""A worker or ticker in a process of its own, for tests that kill it: performers append a line for each
start and end.

Run as `python process.py worker NAME THREADS LOG` or `ticker NAME` with the settings of the test; the lines
let a test count what was really begun and ended, whatever the database says.
"""

import os
import sys
import time
from datetime import timedelta


def main(what: str, name: str, threads: int, log: str) -> None:
    import django

    django.setup()
    from guildhall.core.text import Text
    from guildhall.effects import performers, processes, ticker, worker

    processes.die_with_parent()
    lease_s = int(os.environ.get("TEST_LEASE_S", "15"))
    worker.HEARTBEAT_S = lease_s / 4
    ticker.GRACE = timedelta(seconds=lease_s)
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def work(effect: performers.Claimed) -> None:
        os.write(out, f"begin {effect.id} {effect.payload.get('key', '')}\n".encode())
        time.sleep(effect.payload.get("s", 0))
        os.write(out, f"end {effect.id} {effect.payload.get('key', '')}\n".encode())

    performers.performer("t.work", lease_s=lease_s, describe=Text("Work", "任务"))(work)
    if what == "worker":
        worker.run_worker(name, threads)
    else:
        ticker.run_ticker(name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
