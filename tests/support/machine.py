"""A plain machine: a Debian whose first process is systemd, in a container, and the chat as
docs/deploy.md installs it."""

import json
import subprocess

from support.docker import DOCKER
from support.entrance import Entrance
from support.operations import block
from support.processes import ROOT, free_port
from support.standin import KEY
from support.wait import wait_until

NAME = "chat-machine"
SERVICES = ("gateway", "filter", "llm-worker", "store")
UNITS = tuple(f"{service}@{number}" for service in SERVICES for number in (1, 2))
FIRST = UNITS[::2]  # one of each
# Beyond what any container may: mount (systemd makes each unit's own view), and look into processes
# (the tests do).
ALLOWED = (
    "--cap-add",
    "SYS_ADMIN",
    "--cap-add",
    "SYS_PTRACE",
    "--security-opt",
    "seccomp=unconfined",
    "--security-opt",
    "apparmor=unconfined",
)
STANDIN = "/src/build/release/tests/openrouter/openrouter-standin"
# What an administrator of this test's machine sets: an upstream of its own, few slots, and no
# limits for people who ask fast.
SETTINGS = """OPENROUTER_BASE_URL=http://127.0.0.1:8099/api/v1
SLOTS=4
MESSAGES_PER_MINUTE=1000000
ADDRESS_PER_MINUTE=1000000
SESSIONS_PER_MINUTE=1000000
"""
FACING_OTHERS = "BUS_BIND=tcp://*:5552"  # of gateway@2, as if there were more machines


class Machine(Entrance):
    def __init__(self, engine, folder):
        self.engine, self.port = engine, free_port()
        super().__init__(self.port, folder / "machine.crt")

    def start(self):
        self.engine.build("build", "automotive-chat-build")
        self.engine.docker(
            "build",
            "-q",
            "-f",
            "tests/compose/machine.Dockerfile",
            "-t",
            "test-machine",
            ".",
            timeout=600,
        )
        self.engine.docker(
            "run",
            "-d",
            "--name",
            NAME,
            *ALLOWED,
            "--cgroupns",
            "private",
            "--stop-signal",
            "SIGRTMIN+3",
            "--tmpfs",
            "/run",
            "--tmpfs",
            "/tmp",
            "-p",
            f"127.0.0.1:{self.port}:443",
            "-v",
            f"{ROOT}/deploy/nginx:/src/deploy/nginx:ro",
            "test-machine",
        )
        wait_until(lambda: self.ask("systemctl is-system-running") == "running", "systemd", 60)
        return self

    def install(self):
        """As the page says; between its lines, what it leaves to the reader."""
        self.run(
            f"systemd-run -q --unit=openrouter {STANDIN} --bind 127.0.0.1 --port 8099 --key {KEY} "
            "--log /dev/null"
        )
        self.run(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
            "-subj /CN=localhost"
            " -addext subjectAltName=DNS:localhost -keyout tls.key -out tls.crt"
        )
        self.engine.docker("cp", f"{NAME}:/src/tls.crt", self.certificate)
        self.run(block("systemd install"), timeout=300)
        self.run(f"cat >>/etc/automotive-chat/chat.env <<'end'\n{SETTINGS}end")
        self.run(f"echo '{FACING_OTHERS}' >/etc/automotive-chat/gateway-2.env")
        self.run(
            f"OPENROUTER_API_KEY={KEY}\n" + block("systemd databases") + block("systemd secrets")
        )
        self.run(block("systemd start") + "name=localhost\n" + block("systemd nginx"))
        return self

    def close(self):
        self.close_clients()
        self.engine.docker("rm", "-f", NAME)

    # -- commands

    def run(self, script, timeout=120):
        """What it says; it must succeed."""
        return self.engine.docker(
            "exec", NAME, "bash", "-euo", "pipefail", "-c", script, timeout=timeout
        ).strip()

    def ask(self, script):
        """What it says, whether it succeeds or not."""
        return subprocess.run(
            [DOCKER, "exec", NAME, "sh", "-c", script],
            env=self.engine.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        ).stdout.strip()

    def succeeds(self, script):
        return self.ask(f"if {script} >/dev/null 2>&1; then echo yes; fi") == "yes"

    # -- units

    def show(self, unit, name):
        return self.run(f"systemctl show --value -p {name} {unit}")

    def pid(self, unit):
        return int(self.show(unit, "MainPID"))

    def log(self, unit):
        """Each line that its processes wrote, as the journal has it."""
        text = self.run(f"journalctl -q -o cat _SYSTEMD_UNIT={unit}.service")
        return [json.loads(line) for line in text.splitlines()]

    def events(self, unit, event):
        return [line for line in self.log(unit) if line["event"] == event]
