"""Several gateways share the workers as if there were one line: how long people wait for a slot,
for real."""

import pytest

from support.pool import Comparison, Pools

MORE = 1.2  # times as long as at one gateway with as many workers
NOISE = 0.05  # seconds: what a busy machine does to one request in a hundred


@pytest.mark.timeout(180)
def test_three_uneven_gateways_wait_no_longer_than_one(system):
    comparison = Comparison(Pools(system, workers=3, slots=2), load=0.7, mean=0.4, seconds=10)
    for _ in range(3):
        comparison.round()
    one, three = comparison.p99s
    assert one > 3 * NOISE, "hardly anybody waited, so this tells nothing"
    assert three <= MORE * one + NOISE
