"""Waiting for a condition with a deadline: no test sleeps and hopes."""

import time


def wait_until(condition, what, timeout=10.0):
    """Returns the first true value of condition(); fails when none came in time."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {timeout} s in vain for {what}")
        time.sleep(0.01)
