"""deploy/k8s without a cluster: it renders, its rules hold, and each rule has been seen to find
what it is for."""

import copy
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from support.manifests import (
    HSTS,
    K8S,
    NO_KUSTOMIZE,
    OF_INGRESS,
    SERVICES,
    all_files,
    base,
    environment,
    faults,
    find,
    measured,
    read,
    render,
    unfinished,
    ways,
)
from support.operations import block

OVERLAYS = ("dev", "prod")


def overlay(name):
    documents = render(K8S / "overlays" / name)
    if documents is None:
        pytest.skip(NO_KUSTOMIZE)
    return documents


def container(documents, name):
    return find(documents, "Deployment", name)["spec"]["template"]["spec"]["containers"][0]


def pod(documents, name="store"):
    return find(documents, "Deployment", name)["spec"]["template"]["spec"]


def policy(documents, name):
    return find(documents, "NetworkPolicy", name)["spec"]


def test_the_base_keeps_the_rules():
    assert faults(base()) == []


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_keeps_the_rules(name):
    documents = overlay(name)
    assert {one["metadata"]["name"] for one in documents if one["kind"] == "Deployment"} >= set(
        SERVICES
    )
    assert {
        one["metadata"].get("namespace") for one in documents if one["kind"] == "Deployment"
    } == {"chat-dev" if name == "dev" else "chat"}
    assert [*faults(documents), *unfinished(documents)] == []


def test_the_base_alone_is_found_unfinished():
    assert {*unfinished(base())} == {
        "store: does not reach Redis",
        "store: does not reach Postgres",
        "gateway: believes whole private networks",
        *(f"{name}: its image has no tag" for name in SERVICES),
    }


def applied(folder, *blocks):
    """The documents that these commands of docs/deploy.md would bring to a cluster, by name."""
    cluster = (
        'kubectl() { if [ "$1" = apply ]; then cat; echo ---; else command kubectl "$@"; fi; }'
    )
    no_cluster = "export KUBECONFIG=/dev/null"
    commands = "\n".join(["set -euo pipefail", no_cluster, cluster, *map(block, blocks)])
    done = subprocess.run(
        ["bash", "-c", commands],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {one["metadata"]["name"]: one for one in yaml.safe_load_all(done.stdout) if one}


def test_the_page_makes_the_secrets_that_are_mounted(keys, tmp_path):
    if render(K8S / "base") is None:
        pytest.skip(NO_KUSTOMIZE)
    for name in ("openrouter.key", "redis.url", "postgres.url"):
        Path(keys.path(name)).write_text("ours\n")
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            "/CN=chat.example",
            "-keyout",
            "tls.key",
            "-out",
            "tls.crt",
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    made = applied(tmp_path, "secrets", "certificate")
    assert {one["metadata"]["namespace"] for one in made.values()} == {"chat"}
    for service in SERVICES:
        mounted = next(
            volume["secret"]["secretName"]
            for volume in pod(base(), service)["volumes"]
            if "secret" in volume
        )
        files = [
            value
            for name, value in environment(container(base(), service)).items()
            if name.endswith("_FILE")
        ]
        assert set(made[mounted]["data"]) == {file.rsplit("/", 1)[-1] for file in files}
    shown = find(read(K8S / "components/nginx-ingress/ingress.yaml"), "Ingress", "chat")["spec"][
        "tls"
    ][0]["secretName"]
    assert made[shown]["type"] == "kubernetes.io/tls"


def test_every_file_holds_whole_documents():
    for path, document in all_files():
        assert (
            document.get("apiVersion") and document.get("kind") and document["metadata"]["name"]
        ), path


def test_production_scales_by_what_is_asked_for():
    documents = overlay("prod")
    assert not [one for one in documents if one["kind"] == "HorizontalPodAutoscaler"]
    pool = find(documents, "ScaledObject", "llm-worker")["spec"]
    assert pool["minReplicaCount"] >= 2
    slots = int(environment(container(documents, "llm-worker"))["SLOTS"])
    assert (
        int(pool["triggers"][0]["metadata"]["threshold"]) < slots
    ), "a pool that is full would not grow"


def test_production_has_no_database_and_a_door():
    documents = overlay("prod")
    assert not [one for one in documents if one["kind"] == "StatefulSet"]
    route = find(documents, "HTTPRoute", "chat")["spec"]["rules"][0]
    assert route["backendRefs"] == [{"name": "gateway", "port": 80}]


def test_the_component_for_traces_tells_all_of_a_collector_and_opens_the_way(tmp_path):
    if render(K8S / "overlays/prod") is None:
        pytest.skip(NO_KUSTOMIZE)
    shutil.copytree(K8S, tmp_path / "k8s")
    file = tmp_path / "k8s/overlays/prod/kustomization.yaml"
    file.write_text(
        file.read_text().replace("components:\n", "components:\n  - ../../components/traces\n")
    )
    documents = render(file.parent)
    assert faults(documents) == []
    collectors = {"namespaceSelector": {"matchLabels": {"chat-traces": "true"}}}
    for name in SERVICES:
        endpoint = environment(container(documents, name))["OTEL_EXPORTER_OTLP_ENDPOINT"]
        assert (collectors, f"TCP {endpoint.rsplit(':')[-1]}") in ways(documents, name, "egress")


def test_gateways_are_found_before_they_are_ready():
    bus = find(base(), "Service", "gateway-bus")["spec"]
    assert bus["clusterIP"] == "None" and bus["publishNotReadyAddresses"] is True


BREAKS = {
    "may run as root": lambda d: pod(d)["securityContext"].update(runAsNonRoot=False),
    "no seccomp profile": lambda d: pod(d)["securityContext"].pop("seccompProfile"),
    "gets a token": lambda d: pod(d).pop("automountServiceAccountToken"),
    "shares the host": lambda d: pod(d).update(hostNetwork=True),
    "a volume of the host": lambda d: pod(d)["volumes"].append(
        {"name": "x", "hostPath": {"path": "/"}}
    ),
    "may gain privileges": lambda d: container(d, "store")["securityContext"].pop(
        "allowPrivilegeEscalation"
    ),
    "its root can be written": lambda d: container(d, "store")["securityContext"].update(
        readOnlyRootFilesystem=False
    ),
    "keeps capabilities": lambda d: container(d, "store")["securityContext"].update(
        capabilities={"add": ["NET_ADMIN"]}
    ),
    "no readinessProbe": lambda d: container(d, "store").pop("readinessProbe"),
    "asks for others' health": lambda d: container(d, "store")["livenessProbe"]["httpGet"].update(
        path="/ready"
    ),
    "memory limit": lambda d: container(d, "store")["resources"]["limits"].update(memory="1Gi"),
    "has a CPU limit": lambda d: container(d, "store")["resources"]["limits"].update(cpu="1"),
    "requests no CPU": lambda d: container(d, "store")["resources"]["requests"].pop("cpu"),
    "without a version": lambda d: container(d, "store").update(image="automotive-chat:latest"),
    "is in its environment": lambda d: container(d, "store")["env"].append(
        {"name": "POSTGRES_URL", "value": "x"}
    ),
    "read by everybody": lambda d: pod(d)["volumes"][0]["secret"].update(defaultMode=0o444),
    "is killed before": lambda d: pod(d, "gateway").update(terminationGracePeriodSeconds=190),
    "no pause": lambda d: container(d, "gateway").pop("lifecycle"),
    "replicas where": lambda d: find(d, "Deployment", "llm-worker")["spec"].update(replicas=2),
    "nobody says how many": lambda d: find(d, "Deployment", "store")["spec"].pop("replicas"),
    "two autoscalers": lambda d: d.append(find(d, "HorizontalPodAutoscaler", "gateway")),
    "no disruption budget": lambda d: d.remove(find(d, "PodDisruptionBudget", "store")),
    "takes one away": lambda d: find(d, "Deployment", "store")["spec"].pop("strategy"),
    "all may be on one node": lambda d: pod(d).pop("topologySpreadConstraints"),
    "no default-deny": lambda d: d.remove(find(d, "NetworkPolicy", "default-deny")),
    "leaves ingress open": lambda d: policy(d, "gateway")["ingress"][0].pop("from"),
    "reaches private networks": lambda d: policy(d, "llm-worker")["egress"][0]["to"][0][
        "ipBlock"
    ].pop("except"),
    "the bus is open": lambda d: policy(d, "gateway")["ingress"][1]["from"].append(
        {"podSelector": {}}
    ),
    "reaches the databases": lambda d: policy(d, "bus")["egress"][0]["ports"].append(
        {"port": 5432}
    ),
    "cannot ask for names": lambda d: policy(d, "names")["egress"][0]["ports"].pop(0),
    "cannot ask for long names": lambda d: policy(d, "names")["egress"][0]["ports"].pop(1),
    "does not reach the bus": lambda d: policy(d, "bus").update(policyTypes=["Ingress"]),
    "lets nobody on the bus": lambda d: policy(d, "gateway")["ingress"].pop(1),
    "lets nobody in": lambda d: policy(d, "gateway")["podSelector"].update(
        matchLabels={"app": "gateways"}
    ),
    "lets nobody read its metrics": lambda d: d.remove(find(d, "NetworkPolicy", "metrics")),
    "does not reach OpenRouter": lambda d: policy(d, "llm-worker")["egress"][0]["ports"][0].update(
        port=80
    ),
    "a Secret is in the tree": lambda d: d.append({"kind": "Secret", "metadata": {"name": "x"}}),
}


@pytest.mark.parametrize("fault", BREAKS)
def test_a_broken_rule_is_found(fault):
    documents = copy.deepcopy(base())
    BREAKS[fault](documents)
    assert [one for one in faults(documents) if fault in one], f"nobody noticed: {fault}"


@pytest.mark.parametrize("name", ("llm-worker", "gateway"))
def test_a_pool_that_shrinks_when_nobody_can_count_is_found(name):
    documents = copy.deepcopy(read(K8S / "components/keda/scaledobjects.yaml"))
    assert [*measured(documents)] == []
    find(documents, "ScaledObject", name)["spec"]["triggers"][-1]["metadata"].pop(
        "ignoreNullValues"
    )
    assert [*measured(documents)] == [
        f"{name}: shrinks when nobody can say how much there is to do"
    ]


def with_edges():
    """The base and both ways into it."""
    ways_in = [
        one
        for name in ("gateway-api/route", "nginx-ingress/ingress")
        for one in read(K8S / f"components/{name}.yaml")
    ]
    return copy.deepcopy(base() + ways_in)


def rule_of(documents, name="chat"):
    return find(documents, "HTTPRoute", name)["spec"]["rules"][0]


EDGE_BREAKS = {
    "the route does not ask for TLS": lambda d: rule_of(d)["filters"][1]["responseHeaderModifier"][
        "set"
    ].remove(HSTS),
    "the route lets people say who they are": lambda d: rule_of(d)["filters"].pop(0),
    "the route ends before a turn may": lambda d: rule_of(d).pop("timeouts"),
    "the route answers without TLS": lambda d: find(d, "HTTPRoute", "chat")["spec"]["parentRefs"][
        0
    ].pop("sectionName"),
    "nobody sends people from http": lambda d: d.remove(find(d, "HTTPRoute", "chat-to-https")),
    "the Ingress has no TLS": lambda d: find(d, "Ingress", "chat")["spec"].pop("tls"),
    **{
        f"the Ingress {fault}": lambda d, name=name: find(d, "Ingress", "chat")["metadata"][
            "annotations"
        ].pop(name)
        for fault, name, _ in OF_INGRESS
    },
}


def test_the_ways_in_keep_the_rules():
    assert faults(with_edges()) == []


@pytest.mark.parametrize("fault", EDGE_BREAKS)
def test_a_broken_way_in_is_found(fault):
    documents = with_edges()
    EDGE_BREAKS[fault](documents)
    assert [one for one in faults(documents) if fault in one], f"nobody noticed: {fault}"
