"""Runs one command and says what it took.

Wall is from before the start to the end. CPU is user and system time of the process and of all its
descendants that were waited for. Memory is the maximum resident size of the largest process among them,
mapped files included. Linux counts for it what the starting process had, too, so nothing below
`floor()` can be told apart.
"""

import os
import signal
import subprocess
import threading
import time
from collections import namedtuple

Run = namedtuple("Run", "wall cpu memory code")
# The code of a run that was ended after its time.
TIMED_OUT = -1000


def run(command, folder, environment, limit):
    """`command` in `folder`, its output thrown away, ended after `limit` seconds."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    late = threading.Event()

    def end():
        late.set()
        # Its children too: they are in the session that was started for it.
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(limit, end)
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    timer.cancel()
    process.returncode = code = TIMED_OUT if late.is_set() else os.waitstatus_to_exitcode(status)
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, code)


def floor(environment):
    """What a process that does nothing is said to take: the least of twenty."""
    runs = [run(["true"], "/", environment, 60) for _ in range(20)]
    return Run(*(min(column) for column in zip(*runs)))
