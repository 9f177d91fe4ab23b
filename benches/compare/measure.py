"""Runs one command and measures its time and memory.

Wall is from before the start to the end. CPU is user and system time of the process and of all its
descendants that were waited for. Memory is the maximum resident size of the largest process among them,
mapped files included. Linux includes the resident size of the starting process, so values below `floor()` cannot be
distinguished.
"""

import os
import signal
import subprocess
import threading
import time
from collections import namedtuple

Run = namedtuple("Run", "wall cpu memory code")
# The exit code of a run that exceeded its time limit.
TIMED_OUT = -1000


def run(command, folder, environment, limit):
    """Runs `command` in `folder`, discards its output, and kills it after `limit` seconds."""
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
    timed_out = threading.Event()

    def end():
        timed_out.set()
        # The process group contains its children too.
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(limit, end)
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    timer.cancel()
    process.returncode = code = TIMED_OUT if timed_out.is_set() else os.waitstatus_to_exitcode(status)
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, code)


def floor(environment):
    """Returns the measured values of a process that does nothing: the minimum of twenty runs."""
    runs = [run(["true"], "/", environment, 60) for _ in range(20)]
    return Run(*(min(column) for column in zip(*runs)))
