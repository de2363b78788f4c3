"""deploy/systemd: systemd understands every line, and finds what is left open small."""

import re
import shutil
import subprocess

import pytest

from support.processes import ROOT

UNITS = ROOT / "deploy/systemd"
NAMES = ("gateway@1", "filter@1", "llm-worker@1", "store@1")
MOST_EXPOSED = 1.5  # of 10


@pytest.fixture
def machine(tmp_path):
    """A folder that systemd takes for a machine on which the chat is installed."""
    if not shutil.which("systemd-analyze"):
        pytest.skip(
            "no systemd-analyze is here (Debian package: systemd), so no unit was looked at"
        )
    units = tmp_path / "etc/systemd/system"
    shutil.copytree(UNITS, units)
    shutil.copytree("/usr/lib/systemd/system", tmp_path / "usr/lib/systemd/system", symlinks=True)
    programs = tmp_path / "opt/automotive-chat/bin"
    programs.mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    for program in [*(programs / name.split("@")[0] for name in NAMES), tmp_path / "bin/kill"]:
        shutil.copy("/bin/true", program)
    return tmp_path


def analyze(machine, *args):
    done = subprocess.run(
        ["systemd-analyze", *args, f"--root={machine}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", (*(f"{name}.service" for name in NAMES), "automotive-chat.target"))
def test_verify_has_nothing_to_say(machine, name):
    assert analyze(machine, "verify", name) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_little_is_exposed(machine, name):
    status, text = analyze(machine, "security", "--offline=true", f"{name}.service")
    assert status == 0, text
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", text)[1]) <= MOST_EXPOSED


def test_a_wrong_line_and_an_open_door_are_found(machine):
    unit = machine / "etc/systemd/system/store@.service"
    text = unit.read_text()
    unit.write_text(text.replace("ProtectSystem=strict", "ProtectSistem=strict"))
    assert "ProtectSistem" in analyze(machine, "verify", "store@1.service")[1]
    unit.write_text(
        re.sub(r"^(Protect|Restrict|Private|SystemCall|Capability)\S*$", "", text, flags=re.M)
    )
    shown = analyze(machine, "security", "--offline=true", "store@1.service")[1]
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", shown)[1]) > MOST_EXPOSED


def test_all_that_is_installed_is_what_the_units_start(tmp_path):
    if not (ROOT / "build/release/cmake_install.cmake").exists():
        pytest.skip("no release is built")
    subprocess.run(
        ["cmake", "--install", ROOT / "build/release", "--prefix", tmp_path],
        check=True,
        capture_output=True,
        timeout=60,
    )
    assert {path.name for path in (tmp_path / "bin").iterdir()} == {
        "gateway",
        "filter",
        "llm-worker",
        "store",
        "make-keys",
    }
    for unit in (tmp_path / "share/systemd").glob("*.service"):
        program = re.search(r"^ExecStart=/opt/automotive-chat/(\S+)$", unit.read_text(), re.M)[1]
        assert (tmp_path / program).exists()
