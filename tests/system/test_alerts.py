"""Each alert fires when it should, and none fires while all is well: promtool runs the rules on
made-up hours."""

import re
import subprocess

import pytest
import yaml

from support.processes import ROOT

RULES = ROOT / "deploy/prometheus/alerts.yml"

# A system where all is well; N stands for as long as it takes.
HEALTHY = {
    'up{job="gateway",instance="g"}': "1xN",
    'up{job="store",instance="s"}': "1xN",
    'chat_ready{job="store",instance="s"}': "1xN",
    'process_start_time_seconds{job="store",instance="s"}': "1000xN",
    'chat_turns_total{outcome="committed",fault="none"}': "0+20xN",
    'chat_turns_total{outcome="off_topic",fault="client"}': "0+5xN",
    'chat_turns_total{outcome="worker_down",fault="server"}': "0xN",
    'chat_turn_first_token_seconds_bucket{le="5"}': "0+20xN",
    'chat_turn_first_token_seconds_count': "0+20xN",
    'chat_bus_instances{service="llm-worker"}': "2xN",
    'chat_bus_queue_oldest_seconds{service="llm-worker"}': "1xN",
    'chat_bus_refused_total{service="llm-worker"}': "0xN",
    'chat_bus_retry_budget{service="llm-worker"}': "100xN",
    'chat_bus_auth_rejected_total{job="gateway",instance="g"}': "1xN",
    'chat_bus_bad_frames_total{job="gateway",instance="g"}': "0xN",
    'chat_loop_lag_seconds_bucket{job="gateway",instance="g",le="0.01"}': "0+240xN",
    'chat_loop_lag_seconds_bucket{job="gateway",instance="g",le="1"}': "0+240xN",
    'chat_loop_lag_seconds_bucket{job="gateway",instance="g",le="+Inf"}': "0+240xN",
    'chat_breaker_state{model="m",state="open"}': "0xN",
    'chat_upstream_cost_dollars_total': "0+0.01xN",
    'chat_pg_connections{instance="s",state="up"}': "4xN",
    'chat_redis_up{instance="s"}': "1xN",
    'chat_spool_turns{instance="s"}': "0xN",
    'chat_spool_oldest_seconds{instance="s"}': "0xN",
    'chat_commits_total{outcome="spooled"}': "0xN",
    'chat_commits_total{outcome="refused"}': "0xN",
    'chat_commits_total{outcome="fenced"}': "0xN",
    'chat_turns_interrupted_total': "0xN",
    'chat_spans_total{outcome="dropped"}': "0xN",
}

SERVER_FAULT = 'chat_turns_total{outcome="worker_down",fault="server"}'
IN_TIME = 'chat_turn_first_token_seconds_bucket{le="5"}'
IN_TIME_3 = 'chat_turn_first_token_seconds_bucket{le="5.0"}'  # as Prometheus 3 calls it
TURNS, WORDS = (
    'chat_turns_total{outcome="committed",fault="none"}',
    "chat_turn_first_token_seconds_count",
)

# What is otherwise, the minute that is looked at, and what fires then.
SHORT = [
    ({}, 60, ""),
    ({SERVER_FAULT: "0+5x100"}, 60, "TurnsFailFast TurnsFailSlow"),
    # it is over, and was a lot
    ({SERVER_FAULT: "0+5x30 150x100"}, 75, "TurnsFailSlow"),
    # one person at night is no outage
    ({TURNS: "0x60 1x60", SERVER_FAULT: "0x60 1x60",
      'chat_turns_total{outcome="off_topic",fault="client"}': "0x100"}, 65, ""),
    ({IN_TIME: "0x100"}, 60, "FirstTokenLateFast FirstTokenLateSlow"),
    ({IN_TIME: "0+19.5x100"}, 60, ""),                                  # half the allowance
    # 5 %: only the windows of 6 h and 30 min see it
    ({SERVER_FAULT: "0+1.3x100"}, 60, "TurnsFailFast TurnsFailSlow"),
    ({IN_TIME: "0+10x100"}, 60, "FirstTokenLateFast FirstTokenLateSlow"),  # half of all: the same
    ({IN_TIME: "_x100", IN_TIME_3: "0+20x100"}, 60, ""),
    ({IN_TIME: "_x100", IN_TIME_3: "0x100"}, 60, "FirstTokenLateFast FirstTokenLateSlow"),
    ({'up{job="gateway",instance="g"}': "1x10 0x100"}, 13, "NoGateway"),
    ({'up{job="gateway",instance="g"}': "1x10 0x100"}, 30, "NoGateway InstanceSilent"),
    ({'chat_bus_instances{service="llm-worker"}': "2x10 0x100"}, 13, "ServiceMissing"),
    ({'chat_bus_instances{service="llm-worker"}': "2x10 0 2x100"}, 13, ""),
    ({'up{job="store",instance="s"}': "0x100"}, 30, "InstanceSilent"),
    ({'chat_ready{job="store",instance="s"}': "0x100"}, 30, "InstanceNotReady"),
    (
        {'process_start_time_seconds{job="store",instance="s"}': "1000+90x100"},
        30,
        "InstanceRestarts",
    ),
    (
        {'chat_loop_lag_seconds_bucket{job="gateway",instance="g",le="0.01"}': "0+230x100"},
        30,
        "LoopLags",
    ),
    ({'chat_bus_queue_oldest_seconds{service="llm-worker"}': "30x100"}, 30, "QueueOld"),
    ({'chat_bus_refused_total{service="llm-worker"}': "0+10x100"}, 30, "RequestsRefused"),
    ({'chat_bus_retry_budget{service="llm-worker"}': "3x100"}, 30, "RetriesSpent"),
    ({'chat_breaker_state{model="m",state="open"}': "1x100"}, 30, "BreakerOpen"),
    # half open between two rests
    ({'chat_breaker_state{model="m",state="open"}': "1 0 " * 50}, 30, "BreakerOpen"),
    ({'chat_breaker_state{model="m",state="open"}': "0x10 1 1 0x100"}, 30, ""),
    ({'chat_upstream_cost_dollars_total': "0+0.5x200"}, 120, "CostHigh"),
    ({'chat_pg_connections{instance="s",state="up"}': "4x10 0x100"}, 20, "PostgresUnavailable"),
    ({'chat_redis_up{instance="s"}': "1x10 0x100"}, 20, "RedisUnavailable"),
    ({'chat_spool_turns{instance="s"}': "0x10 0+2x100",
      'chat_commits_total{outcome="spooled"}': "0x10 0+2x100"}, 20, "SpoolGrows"),
    ({'chat_spool_oldest_seconds{instance="s"}': "0+60x100"}, 30, "SpoolStuck"),
    # now and then some, and they are kept
    ({'chat_spool_turns{instance="s"}': "7x100",
      'chat_spool_oldest_seconds{instance="s"}': "20x100"}, 30, ""),
    # back after a long time, and kept soon
    ({'chat_spool_turns{instance="s"}': "7x20 0x100",
      'chat_spool_oldest_seconds{instance="s"}': "0+60x20 0x100",
      'chat_pg_connections{instance="s",state="up"}': "4 0x15 4x100"}, 30, ""),
    ({'chat_commits_total{outcome="refused"}': "0x10 1x100"}, 30, "SpooledTurnsRejected"),
    ({'chat_commits_total{outcome="fenced"}': "0x10 0+1x100"}, 30, "CommitsFenced"),
    ({'chat_turns_interrupted_total': "0x10 0+1x100"}, 30, "TurnsInterrupted"),
    (
        {'chat_bus_auth_rejected_total{job="gateway",instance="g"}': "1+5x100"},
        30,
        "BusAuthRejected",
    ),
    ({'chat_bus_bad_frames_total{job="gateway",instance="g"}': "0+5x100"}, 30, "BadFrames"),
    ({'chat_spans_total{outcome="dropped"}': "0+5x100"}, 60, "SpansLost"),
]
# The same a sample each quarter of an hour: what goes on for days.
LONG = [
    ({}, 200, ""),
    ({SERVER_FAULT: "0+0.6x400"}, 200, "TurnsFailSlow"),    # 2.3 % of all
    ({SERVER_FAULT: "0+0.15x400"}, 350, "TurnsFailSlow"),   # 0.6 %
    ({SERVER_FAULT: "0+0.1x400"}, 350, ""),                   # 0.4 % is what was allowed
    ({IN_TIME: "0+16x400"}, 200, "FirstTokenLateSlow"),
    # 10 %: only the windows of 3 days and 6 h see it
    ({IN_TIME: "0+18x400"}, 350, "FirstTokenLateSlow"),
]


def case(number, otherwise, at, wanted, step):
    series = {**HEALTHY, **otherwise}
    return {
        "name": f"case {number}: {otherwise or 'all is well'}",
        "interval": f"{step}m",
        "input_series": [
            {"series": name, "values": values.replace("xN", f"x{at + 5}")}
            for name, values in series.items()
        ],
        "promql_expr_test": [
            {
                "expr": 'sum by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": f"{at * step}m",
                "exp_samples": [
                    {"labels": f'{{alertname="{name}"}}', "value": 1} for name in wanted.split()
                ],
            }
        ],
    }


@pytest.mark.timeout(600)  # promtool computes for as long as the processor lets it
@pytest.mark.parametrize("cases,step", [(SHORT, 1), (LONG, 15)], ids=["short", "long"])
def test_alerts_fire_when_they_should_and_only_then(tmp_path, cases, step):
    test = {"rule_files": [str(RULES)], "evaluation_interval": f"{step}m",
            "tests": [case(number, *one, step) for number, one in enumerate(cases)]}
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump(test, sort_keys=False))
    done = subprocess.run(
        ["promtool", "test", "rules", file], capture_output=True, text=True, timeout=580
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_case():
    alerts = {rule["alert"] for group in yaml.safe_load(RULES.read_text())["groups"]
              for rule in group["rules"] if "alert" in rule}
    assert alerts == {name for _, _, wanted in SHORT + LONG for name in wanted.split()}


def test_every_rule_names_metrics_that_exist():
    table = set(
        re.findall(r"\b((?:chat|process)_[a-z_]+)\b", (ROOT / "docs/metrics.md").read_text())
    )
    named = set(re.findall(r"\b(?:chat|process)_[a-z_]+\b", RULES.read_text()))
    unknown = {name for name in named if re.sub(r"_(bucket|sum|count)$", "", name) not in table}
    assert named and not unknown
