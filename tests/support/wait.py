"""Waiting for a condition with a deadline: no test sleeps and hopes."""

import os
import time

# A wait ends with its condition, so a wide limit costs nothing but in a test that fails. It keeps
# tests from failing because other programs use the processor.
SCALE = 4


def wait_until(condition, what, timeout=10.0):
    """Returns the first true value of condition(); fails when none came in SCALE * timeout
    seconds."""
    deadline = time.monotonic() + SCALE * timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {SCALE * timeout} s in vain for {what}")
        time.sleep(0.01)


def at_this_load(seconds):
    """A time limit that the product promises, for a machine that is as busy as this one is now."""
    return seconds * max(1.0, os.getloadavg()[0] / os.cpu_count())
