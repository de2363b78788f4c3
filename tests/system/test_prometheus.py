"""A real Prometheus watches the real system: what it is told can be asked for, and the rules hear
of trouble."""

import json
import re

import pytest

from support.manifests import K8S, read
from support.processes import ROOT
from support.prometheus import Prometheus
from support.wait import wait_until

pytestmark = pytest.mark.timeout(90)
MODEL = "standin/ok@tokens=12,delay=5"
DASHBOARD = ROOT / "deploy/grafana/dashboards/chat.json"


def queries():
    """(panel, query) of the dashboard."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [
        (panel["title"], target["expr"]) for panel in panels for target in panel.get("targets", [])
    ]


def test_the_dashboard_has_its_form():
    board = json.loads(DASHBOARD.read_text())
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids)) and board["uid"]
    taken = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert (
            not cells & taken and at["x"] + at["w"] <= 24
        ), f"{panel['title']} lies on another panel"
        taken |= cells
        if panel["type"] != "row":
            assert panel["targets"] and panel["fieldConfig"]["defaults"]["unit"], panel["title"]
            assert panel["datasource"]["uid"] == "prometheus"


QUIET = {"sum by (model, state) (chat_breaker_state) > 0"}  # nothing to show while all is well


def silent(prometheus, asked):
    """Those queries that give nothing; one that is wrong fails at once."""
    return [
        query for query in asked if not prometheus.query(query.replace("$__rate_interval", "1m"))
    ]


def scaled_by():
    """What KEDA asks, to know how many workers and gateways there should be."""
    objects = read(K8S / "components/keda/scaledobjects.yaml")
    return [
        one["metadata"]["query"]
        for each in objects
        for one in each["spec"]["triggers"]
        if one["type"] == "prometheus"
    ]


def test_prometheus_hears_of_a_chat_and_of_trouble(system, tmp_path):
    system.start(workers=1, BREAKER_FAILURES=2, BREAKER_COOLDOWN_MS=3600000)
    prometheus = Prometheus(system.harness, tmp_path / "prometheus", system.services).start()
    wait_until(lambda: prometheus.value("sum(up)") == 4, "all four targets")
    assert [prometheus.value(query) for query in scaled_by()] == [
        0,
        0,
    ], "no answer is a fault to KEDA, also where nobody chats"
    person = system.client()
    for _ in range(2):  # a rate needs two samples, and something between them
        seen = prometheus.value("sum(chat_turns_total)") or 0
        assert person.say("My brakes squeal", model=MODEL)["status"] == "committed"
        assert person.chat("Write me a poem about the sea").status_code == 422
        wait_until(
            lambda: (prometheus.value("sum(chat_turns_total)") or 0) >= seen + 2,
            "the turns in Prometheus",
        )
    asked = {query for _, query in queries()}
    assert QUIET < asked
    wait_until(lambda: not silent(prometheus, asked - QUIET), "data in every panel", 15)
    named = {
        name
        for _, query in queries()
        for name in re.findall(r"\b(?:chat|process)_[a-z_]+\b", query)
    }
    assert len(named) > 30

    def rules():
        return [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]

    wait_until(
        lambda: all(rule["health"] == "ok" for rule in rules()), "every rule to be evaluated"
    )
    assert not [rule["name"] for rule in rules() if rule.get("state") in ("pending", "firing")]
    assert prometheus.value("chat:turns_failed:ratio_5m") == 0

    assert person.chat("My brakes squeal", model="standin/error-502-first").status_code >= 500
    wait_until(lambda: not silent(prometheus, QUIET), "the model at rest")

    system.workers[0].kill()
    wait_until(
        lambda: [
            rule
            for rule in rules()
            if rule["name"] == "ServiceMissing" and rule["state"] != "inactive"
        ],
        "the alert of a missing llm-worker",
        15,
    )
    assert person.chat("My brakes squeal", model=MODEL).status_code == 503
    wait_until(
        lambda: (prometheus.value("chat:turns_failed:ratio_5m") or 0) > 0,
        "the failed turn in the ratio",
    )
