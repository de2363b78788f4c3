"""prepare and roll take what deploy/compose/.env says, as Compose does: the shell is stronger, and
paths begin there."""

import shutil
import subprocess

import pytest

from support.processes import ROOT

SAY = '. ./settings; echo "$secrets|$compose|${CHAT_IMAGE-}"'


@pytest.fixture
def folder(tmp_path):
    shutil.copy(ROOT / "deploy/compose/settings", tmp_path)
    return tmp_path


def said(folder, **env):
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", SAY],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", **env},
    )
    return done.stdout.strip().split("|")


def test_without_a_file_all_is_in_its_place(folder):
    assert said(folder) == [
        f"{folder}/./secrets",
        f"docker compose -p chat -f {folder}/docker-compose.yml",
        "",
    ]


def test_the_file_is_read_to_its_last_line(folder):
    (folder / ".env").write_text("# ours\nSECRETS=/srv/secrets\nBAD-NAME=1\nCHAT_IMAGE=chat:1")
    secrets, _, image = said(folder)
    assert (secrets, image) == ("/srv/secrets", "chat:1")


def test_the_shell_is_stronger(folder):
    (folder / ".env").write_text("SECRETS=mine\nCHAT_IMAGE=chat:1\n")
    assert said(folder, CHAT_IMAGE="chat:2")[0::2] == [f"{folder}/mine", "chat:2"]
