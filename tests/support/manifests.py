"""The Kubernetes documents of deploy/k8s, and what each of them must keep to."""

import re
import subprocess

import yaml

from support.processes import ROOT

K8S = ROOT / "deploy/k8s"
SERVICES = ("gateway", "filter", "llm-worker", "store")
PRIVATE = {
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
}
SECRET_NAMES = re.compile(r"(KEYS?|PASSWORD|REDIS_URL|POSTGRES_URL)$")
NAMES = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
EDGE = {"namespaceSelector": {"matchLabels": {"chat-edge": "true"}}}
MONITORING = {"namespaceSelector": {"matchLabels": {"chat-monitoring": "true"}}}
MEMBERS, GATEWAYS = (
    {"podSelector": {"matchLabels": {name: value}}}
    for name, value in (("bus", "member"), ("app", "gateway"))
)
INTERNET = "0.0.0.0/0"
ANYBODY = None
# What fails without it, for whom, which way, to or from whom, and the port.
NEEDED = (
    ("cannot ask for names", SERVICES, "egress", NAMES, "UDP 53"),
    ("cannot ask for long names", SERVICES, "egress", NAMES, "TCP 53"),
    ("does not reach the bus", SERVICES[1:], "egress", GATEWAYS, "TCP 5555"),
    ("lets nobody on the bus", ("gateway",), "ingress", MEMBERS, "TCP 5555"),
    ("lets nobody in", ("gateway",), "ingress", EDGE, "TCP 8080"),
    ("lets nobody read its metrics", SERVICES, "ingress", MONITORING, "TCP 9100"),
    ("does not reach OpenRouter", ("llm-worker",), "egress", INTERNET, "TCP 443"),
)
NEEDED_OF_OVERLAYS = (
    ("does not reach Redis", ("store",), "egress", ANYBODY, "TCP 6379"),
    ("does not reach Postgres", ("store",), "egress", ANYBODY, "TCP 5432"),
)
WHO = "X-Forwarded-User"  # a gateway's AUTH_HEADER
HSTS = {"name": "Strict-Transport-Security", "value": "max-age=31536000"}
# What is wrong without it, and what NGINX Ingress Controller calls it.
OF_INGRESS = (
    ("lets people say who they are", "nginx.org/proxy-set-headers", f"{WHO}:"),
    ("holds answers back", "nginx.org/proxy-buffering", "False"),
    ("ends before a turn may", "nginx.org/proxy-read-timeout", "200s"),
    ("takes another size of bodies", "nginx.org/client-max-body-size", "1m"),
    ("shuts gateways out that are replaced", "nginx.org/max-fails", "0"),
    ("does not ask for TLS", "nginx.org/hsts", "True"),
    ("asks for TLS for too short", "nginx.org/hsts-max-age", "31536000"),
    ("answers without TLS", "ingress.kubernetes.io/ssl-redirect", "True"),
    ("limits nobody", "nginx.org/limit-req-rate", "50r/s"),
    ("limits something else than addresses", "nginx.org/limit-req-key", "${binary_remote_addr}"),
    ("refuses as if it were away", "nginx.org/limit-req-reject-code", "429"),
)
NO_KUSTOMIZE = (
    "there is no kubectl of 1.21 or later, which renders components: only single files were checked"
)


def read(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def base():
    """The documents of the base, file by file: no program is needed for that."""
    files = read(K8S / "base/kustomization.yaml")[0]["resources"]
    return [document for name in files for document in read(K8S / "base" / name)]


def all_files():
    """(path, document) of everything that is no part of kustomize itself and no patch."""
    found = []
    for path in sorted(K8S.rglob("*.yaml")):
        if path.name == "kustomization.yaml":
            continue
        patches = read(path.parent / "kustomization.yaml")[0].get("patches", [])
        if path.name not in [patch["path"] for patch in patches]:
            found += [(path, document) for document in read(path)]
    return found


def render(folder):
    """What kubectl makes of a folder; None where there is no kubectl that can."""
    try:
        told = subprocess.run(
            ["kubectl", "version", "--client", "-o", "json"],
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        ).stdout
        version = yaml.safe_load(told)["clientVersion"]
    except (OSError, subprocess.CalledProcessError):
        return None
    if (int(version["major"]), int(re.match(r"\d+", version["minor"])[0])) < (1, 21):
        return None
    done = subprocess.run(
        ["kubectl", "kustomize", str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def find(documents, kind, name):
    return next(one for one in documents if one["kind"] == kind and one["metadata"]["name"] == name)


def environment(container):
    return {one["name"]: one.get("value") for one in container.get("env", [])}


# ---- the rules; each yields what is wrong -------------------------------------------------------


def faults(documents):
    workloads = [
        one for one in documents if one["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job")
    ]
    found = []
    for one in workloads:
        pod = one["spec"]["template"]["spec"]
        for rule in (confined, healthy, bounded, quiet, drained):
            found += [f"{one['metadata']['name']}: {fault}" for fault in rule(pod)]
    return found + [
        *counted(workloads, documents),
        *measured(documents),
        *disrupted(workloads, documents),
        *walled(documents),
        *joined(documents, NEEDED),
        *fronted(documents),
        *(
            f"a Secret is in the tree: {one['metadata']['name']}"
            for one in documents
            if one["kind"] == "Secret"
        ),
    ]


def unfinished(documents):
    """What the base leaves to overlays."""
    yield from joined(documents, NEEDED_OF_OVERLAYS)
    gateway = find(documents, "Deployment", "gateway")["spec"]["template"]["spec"]["containers"][0]
    if PRIVATE & set(environment(gateway)["TRUSTED_PROXIES"].split(",")):
        yield "gateway: believes whole private networks"
    for one in documents:
        if one["kind"] in ("Deployment", "StatefulSet"):
            for container in one["spec"]["template"]["spec"]["containers"]:
                if not re.search(r":[\w.-]+$|@sha256:", container["image"]):
                    yield f"{one['metadata']['name']}: its image has no tag"


def confined(pod):
    """Restricted pod security, and a root that nobody writes."""
    security = pod.get("securityContext", {})
    if security.get("runAsNonRoot") is not True or not security.get("runAsUser"):
        yield "may run as root"
    if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
        yield "gets a token of the cluster"
    if any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
        yield "shares the host's namespaces"
    if any(set(volume) - {"name"} - {"secret", "emptyDir", "configMap", "persistentVolumeClaim"}
           for volume in pod.get("volumes", [])):
        yield "a volume of the host"
    for container in pod["containers"]:
        security = container.get("securityContext", {})
        if security.get("allowPrivilegeEscalation") is not False or security.get("privileged"):
            yield "may gain privileges"
        if security.get("readOnlyRootFilesystem") is not True:
            yield "its root can be written"
        if security.get("capabilities") != {"drop": ["ALL"]}:
            yield "keeps capabilities"


def healthy(pod):
    for container in pod["containers"]:
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if probe not in container:
                yield f"no {probe}"
        for probe in ("startupProbe", "livenessProbe"):
            path = container.get(probe, {}).get("httpGet", {}).get("path", "")
            if path in ("/ready", "/health"):
                yield f"{probe} asks for others' health"


def bounded(pod):
    for container in pod["containers"]:
        resources = container.get("resources", {})
        limits, requests = resources.get("limits", {}), resources.get("requests", {})
        if not limits.get("memory") or limits["memory"] != requests.get("memory"):
            yield "its memory limit is not what it requests"
        if "cpu" in limits:
            yield "has a CPU limit"
        if not requests.get("cpu"):
            yield "requests no CPU"
        if container["image"].endswith(":latest"):
            yield "an image without a version"


def quiet(pod):
    """Secrets are files."""
    for container in pod["containers"]:
        for variable in container.get("env", []):
            if "valueFrom" in variable or SECRET_NAMES.search(variable["name"]):
                yield f"the secret {variable['name']} is in its environment"
    for volume in pod.get("volumes", []):
        if "secret" in volume and volume["secret"].get("defaultMode") != 0o440:
            yield "its secrets can be read by everybody"


def drained(pod):
    """The hook before SIGTERM and the drain behind it fit into the grace."""
    for container in pod["containers"]:
        sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        drain = int(environment(container).get("DRAIN_MS") or 0)
        if sleep + drain / 1000 >= pod.get("terminationGracePeriodSeconds", 30):
            yield "is killed before it has drained"
        if container["name"] == "gateway" and not sleep:
            yield "no pause in which others learn that it goes"


def counted(workloads, documents):
    scaled = [one["spec"]["scaleTargetRef"]["name"] for one in documents
              if one["kind"] in ("HorizontalPodAutoscaler", "ScaledObject")]
    for one in workloads:
        name, replicas = one["metadata"]["name"], one["spec"].get("replicas")
        if scaled.count(name) > 1:
            yield f"{name}: two autoscalers"
        if name in scaled and replicas is not None:
            yield f"{name}: replicas where an autoscaler rules"
        if name not in scaled and not replicas:
            yield f"{name}: nobody says how many"


def measured(documents):
    """KEDA, unless told otherwise, takes a query without an answer for a zero."""
    for one in documents:
        for trigger in one["spec"]["triggers"] if one["kind"] == "ScaledObject" else []:
            if (
                trigger["type"] == "prometheus"
                and trigger["metadata"].get("ignoreNullValues") != "false"
            ):
                name = one["metadata"]["name"]
                yield f"{name}: shrinks when nobody can say how much there is to do"


def disrupted(workloads, documents):
    guarded = [one["metadata"]["name"] for one in documents if one["kind"] == "PodDisruptionBudget"]
    for one in workloads:
        name = one["metadata"]["name"]
        if name not in SERVICES:
            continue
        if name not in guarded:
            yield f"{name}: no disruption budget"
        if one["spec"].get("strategy", {}).get("rollingUpdate") != {
            "maxSurge": 1,
            "maxUnavailable": 0,
        }:
            yield f"{name}: an update takes one away before another is there"
        if not one["spec"]["template"]["spec"].get("topologySpreadConstraints"):
            yield f"{name}: all may be on one node"


def walled(documents):
    """Network: nothing is open but what is meant to be."""
    policies = [one["spec"] for one in documents if one["kind"] == "NetworkPolicy"]
    deny = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    if deny not in policies:
        yield "no default-deny of the network"
    for spec in policies:
        app = spec["podSelector"].get("matchLabels", {}).get("app")
        for way, other in (("ingress", "from"), ("egress", "to")):
            for rule in spec.get(way, []):
                ports = {port["port"] for port in rule.get("ports", [])}
                if not ports or not rule.get(other):
                    yield f"a network policy of {app} leaves {way} open"
                for peer in rule.get(other, []):
                    yield from wall(app, way, ports, peer)


def wall(app, way, ports, peer):
    block = peer.get("ipBlock", {})
    if block.get("cidr") == "0.0.0.0/0" and (
        app != "llm-worker" or not PRIVATE <= set(block.get("except", []))
    ):
        yield f"{app} reaches private networks"
    if (
        way == "ingress"
        and 5555 in ports
        and peer != {"podSelector": {"matchLabels": {"bus": "member"}}}
    ):
        yield "the bus is open to others"
    if way == "egress" and ports & {6379, 5432} and app != "store":
        yield f"{app} reaches the databases"


def fronted(documents):
    """The edge of the cluster: TLS only, as long as a turn may last, and nobody is who they say
    they are."""
    for one in documents:
        if one["kind"] == "HTTPRoute" and one["spec"]["rules"][0].get("backendRefs"):
            yield from routed(
                one["spec"], [other["spec"] for other in documents if other["kind"] == "HTTPRoute"]
            )
        if one["kind"] == "Ingress":
            said = one["metadata"].get("annotations", {})
            for fault, name, value in OF_INGRESS:
                if said.get(name) != value:
                    yield f"the Ingress {fault}"
            if not one["spec"].get("tls"):
                yield "the Ingress has no TLS"


def routed(route, all_routes):
    rule = route["rules"][0]
    headers = [
        one.get("responseHeaderModifier", {}).get("set", []) for one in rule.get("filters", [])
    ]
    if HSTS not in [header for some in headers for header in some]:
        yield "the route does not ask for TLS"
    taken_out = [
        one.get("requestHeaderModifier", {}).get("remove", []) for one in rule.get("filters", [])
    ]
    if WHO not in [name for some in taken_out for name in some]:
        yield "the route lets people say who they are"
    if {
        int(rule.get("timeouts", {}).get(name, "15s").rstrip("s"))
        for name in ("request", "backendRequest")
    } != {200}:
        yield "the route ends before a turn may"
    if {parent.get("sectionName") for parent in route["parentRefs"]} != {"https"}:
        yield "the route answers without TLS"
    redirects = [
        one
        for other in all_routes
        for one in other["rules"][0].get("filters", [])
        if one["type"] == "RequestRedirect"
    ]
    if [one["requestRedirect"].get("scheme") for one in redirects] != ["https"]:
        yield "nobody sends people from http to https"


def joined(documents, needed):
    """Network: what is meant to be open is."""
    for fault, names, way, whom, port in needed:
        for name in names:
            if not any(
                port == other and whom in (ANYBODY, peer)
                for peer, other in ways(documents, name, way)
            ):
                yield f"{name}: {fault}"


def ways(documents, name, way):
    """(peer, port) of all that a service may reach or be reached by; of a network only which it
    is."""
    labels = find(documents, "Deployment", name)["spec"]["template"]["metadata"]["labels"]
    for spec in (one["spec"] for one in documents if one["kind"] == "NetworkPolicy"):
        is_meant = spec["podSelector"].get("matchLabels", {}).items() <= labels.items()
        for rule in (
            spec.get(way, []) if is_meant and way.capitalize() in spec["policyTypes"] else []
        ):
            for peer in rule.get({"ingress": "from", "egress": "to"}[way], []):
                for port in rule.get("ports", []):
                    yield peer.get("ipBlock", {}).get(
                        "cidr", peer
                    ), f"{port.get('protocol', 'TCP')} {port['port']}"
