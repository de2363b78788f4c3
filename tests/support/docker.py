"""A Docker engine of the tests' own, and the chat in it as deploy/compose has it.

The engine keeps its images in CACHE from one run to the next, and nothing else: containers,
networks and volumes end with the run.  Debian's packages are all that it needs (scripts/install
compose).
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from support.entrance import Entrance
from support.processes import ROOT, free_port
from support.standin import KEY
from support.wait import wait_until

CACHE = Path(os.environ.get("DOCKER_CACHE", "/var/cache/automotive-chat"))
DOCKER, DOCKERD = "/usr/bin/docker", "/usr/sbin/dockerd"
# Debian 12's is 1.29; another may be tried
COMPOSE = os.environ.get("DOCKER_COMPOSE", "/usr/bin/docker-compose")
BASE = "debian:trixie-slim"
PROJECT = "chat-test"
FOREIGN = ("redis", "postgres", "nginx", "prometheus")  # tests/compose/Dockerfile


class NoEngine(Exception):
    """Why there is none."""


class Engine:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.socket = f"unix://{self.folder}/docker.sock"
        self.env = {
            **os.environ,
            "DOCKER_HOST": self.socket,
            "DOCKER_BUILDKIT": "0",
            "COMPOSE_DOCKER_CLI_BUILD": "0",
        }
        self.daemon = self.lock = None

    def start(self):
        if os.geteuid() != 0:
            raise NoEngine("only root can start one")
        for program in (DOCKER, COMPOSE, DOCKERD, "/usr/sbin/debootstrap"):
            if not Path(program).exists():
                raise NoEngine(f"{program} is not installed")
        CACHE.mkdir(parents=True, exist_ok=True)
        self.lock = (CACHE / "lock").open("w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)  # one at a time: they would share a bridge
        with (self.folder / "dockerd.log").open("wb") as log:
            self.daemon = subprocess.Popen(
                [
                    DOCKERD,
                    "--data-root",
                    CACHE / "docker",
                    "--exec-root",
                    self.folder / "exec",
                    "--host",
                    self.socket,
                    "--pidfile",
                    self.folder / "pid",
                    "--default-ulimit",
                    "nofile=10000:10000",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._is_up_or_ended, "dockerd", 30)
        if self.daemon.poll() is not None:
            raise NoEngine(
                "dockerd ended: " + (self.folder / "dockerd.log").read_text().splitlines()[-1]
            )
        self._clear()
        try:
            self._need_base()
            self.docker("run", "--rm", BASE, "true")
        except AssertionError as why:  # in a chroot, say, it starts and can do nothing
            raise NoEngine(str(why).strip().splitlines()[-1]) from None
        return self

    def close(self):
        try:
            if self.daemon and self.daemon.poll() is None:
                self._clear()
        finally:
            if self.daemon:
                self.daemon.send_signal(signal.SIGTERM)
                self.daemon.wait(60)
            if self.lock:
                self.lock.close()

    def run(self, *command, timeout=60, **env):
        """A command's standard output; a failure shows all it said."""
        done = subprocess.run(
            [str(part) for part in command],
            env={**self.env, **env},
            cwd=ROOT,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert (
            done.returncode == 0
        ), f"{command}: {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def docker(self, *args, **options):
        return self.run(DOCKER, *args, **options)

    def has_image(self, name):
        return bool(self.docker("images", "-q", name).strip())

    def _need_base(self):
        """Debian 13, with the certificates that this machine trusts: npm needs them inside."""
        if self.has_image(BASE):
            return
        root = CACHE / "trixie"
        if not (root / "etc/debian_version").exists():
            shutil.rmtree(root, ignore_errors=True)  # half of one
            self.run("/usr/sbin/debootstrap", "--variant=minbase", "trixie", root, timeout=300)
        authorities = Path("/etc/ssl/certs/ca-certificates.crt").read_bytes()
        (root / "etc/ssl/certs").mkdir(parents=True, exist_ok=True)
        (root / "etc/ssl/certs/of-the-host.crt").write_bytes(authorities)
        self.run(
            "sh",
            "-c",
            f"tar -C {root} --exclude='./proc/*' --exclude='./sys/*' --exclude='./var/cache/apt/*' "
            "-c ."
            f" | {DOCKER} import -c 'CMD [\"bash\"]' -c 'ENV "
            "NODE_EXTRA_CA_CERTS=/etc/ssl/certs/of-the-host.crt'"
            f" - {BASE}",
            timeout=120,
        )

    def build(self, target, name, file="deploy/Dockerfile", context=".", timeout=900):
        self.docker(
            "build", "-q", "-f", file, "--target", target, "-t", name, context, timeout=timeout
        )

    def inspect(self, *names):
        return json.loads(self.docker("inspect", *names)) if names else []

    def _is_up_or_ended(self):
        if self.daemon.poll() is not None:
            return True
        return (
            subprocess.run(
                [DOCKER, "version"], env=self.env, capture_output=True, check=False
            ).returncode
            == 0
        )

    def _clear(self):
        """Containers, networks and volumes; of a run that was killed, too."""
        containers = self.docker("ps", "-aq").split()
        if containers:
            self.docker("rm", "-f", "-v", *containers)
        self.docker("network", "prune", "-f")
        volumes = self.docker("volume", "ls", "-q").split()
        if volumes:
            self.docker("volume", "rm", "-f", *volumes)
        self.docker("image", "prune", "-f", timeout=300)  # what no name leads to any more


class Stack(Entrance):
    """The chat of deploy/compose, with the stand-in for its upstream."""

    def __init__(self, engine, folder):
        self.engine, self.secrets, port = engine, Path(folder) / "secrets", free_port()
        super().__init__(port, self.secrets / "tls.crt")
        self.env = {
            "SECRETS": str(self.secrets),
            "LISTEN": "127.0.0.1",
            "HTTPS_PORT": str(port),
            "HTTP_PORT": str(free_port()),
            "OPENROUTER_API_KEY": KEY,
            "STANDIN_KEY": KEY,
            "SLOTS": "4",
            "OPENROUTER_BASE_URL": "http://openrouter:8099/api/v1",
            "DOCKER": DOCKER,
            "MESSAGES_PER_MINUTE": "100000",
            "ADDRESS_PER_MINUTE": "100000",
            "PROMETHEUS_PORT": str(free_port()),
            **{f"{name.upper()}_IMAGE": f"test-{name}" for name in FOREIGN},
        }

    def prepare(self):
        # what fetches packages waits, and what compiles does not
        with ThreadPoolExecutor(1) as beside:
            foreign = beside.map(self._build_foreign, FOREIGN)
            # a name of its own keeps it for the next time
            self.engine.build("build", "automotive-chat-build")
            list(foreign)
        self.engine.run("deploy/compose/prepare", "--demo", timeout=900, **self.env)
        return self

    def _build_foreign(self, name):
        self.engine.build(name, f"test-{name}", "tests/compose/Dockerfile", "tests/compose")

    @property
    def command(self):
        return (
            f"{COMPOSE} -p {PROJECT} -f deploy/compose/docker-compose.yml -f "
            "tests/compose/override.yml"
            " --profile demo"
        )

    def compose(self, *args, timeout=120):
        return self.engine.run(*self.command.split(), *args, timeout=timeout, **self.env)

    def shell(self, script, folder, timeout=180):
        """Commands of docs/operations.md, in a folder of their own; $compose is what that page
        says."""
        return self.engine.run(
            "bash",
            "-euo",
            "pipefail",
            "-c",
            f"cd {ROOT}\n{script}",
            timeout=timeout,
            compose=self.command,
            secrets=str(self.secrets),
            backup=str(folder),
            new=str(folder),
            **self.env,
        )

    def up(self, *args):
        self.compose("up", "-d", *args)
        return self

    def close(self):
        self.close_clients()
        self.compose("down", "-v", "-t", "1")

    # -- containers

    def containers(self, service=None, ended=False):
        """What docker inspect says of each that runs, of one service or of all; or of those too
        that have ended."""
        which = ["--filter", f"label=com.docker.compose.service={service}"] if service else []
        ids = self.engine.docker("ps", "-q", *(["-a"] if ended else []), "--filter",
                                 f"label=com.docker.compose.project={PROJECT}", *which).split()
        return sorted(self.engine.inspect(*ids), key=lambda one: one["Name"])

    @staticmethod
    def service_of(container):
        return container["Config"]["Labels"]["com.docker.compose.service"]

    def kill(self, container):
        """As a crash does; the engine's own kill would count as an order not to start it again."""
        os.kill(container["State"]["Pid"], signal.SIGKILL)

        def is_back():
            now = self.engine.inspect(container["Id"])[0]["State"]
            return now["Running"] and now["Pid"] not in (0, container["State"]["Pid"])
        wait_until(is_back, f"{container['Name']} to be started again", 30)

    def events(self, container, event):
        """Lines of its log with that event."""
        done = subprocess.run(
            [DOCKER, "logs", container["Id"]],
            env=self.engine.env,
            capture_output=True,
            text=True,
            check=True,
        )
        lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("event") == event]

    @staticmethod
    def seconds_of(time):
        """Of a log line, or of docker: 2026-01-31T12:00:00.123456789Z."""
        whole, _, part = time.removesuffix("Z").partition(".")
        return datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{part or 0}")
