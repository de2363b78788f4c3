"""Every document of deploy/k8s has only the fields of its kind, with values of their types: tsc
--strict says so."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from support.manifests import K8S, all_files, base, find, render

TYPES = Path(__file__).parent / "types"
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def node_modules():
    if not shutil.which("npm"):
        pytest.skip("no npm is here, so the types of documents were not looked at")
    if not (TYPES / "node_modules/typescript").exists():
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=TYPES,
            check=True,
            timeout=120,
        )
    return TYPES / "node_modules"


def module(document):
    """Where the type of a document is declared."""
    version, kind = document["apiVersion"], document["kind"]
    group = version.split("/")[0]
    home = {
        "keda.sh": "@kubernetes-models/keda/",
        "gateway.networking.k8s.io": "@kubernetes-models/gateway-api/",
    }
    return home.get(group, "kubernetes-models/") + f"{version}/{kind}"


def complaints(folder, node_modules, documents):
    (folder / "node_modules").symlink_to(node_modules)
    lines = []
    for number, document in enumerate(documents):
        lines += [f'import {{ I{document["kind"]} as T{number} }} from "{module(document)}";',
                  f"export const document{number}: T{number} = {json.dumps(document)};"]
    (folder / "documents.ts").write_text("\n".join(lines))
    done = subprocess.run(
        [
            "node_modules/.bin/tsc",
            "--strict",
            "--noEmit",
            "--skipLibCheck",
            "--module",
            "nodenext",
            "--target",
            "es2022",
            "documents.ts",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode == 0) == (not done.stdout), done.stdout
    return done.stdout


def test_all_documents_have_their_types(node_modules, tmp_path):
    documents = [document for _, document in all_files()]
    for overlay in ("dev", "prod"):
        documents += render(K8S / "overlays" / overlay) or []
    assert complaints(tmp_path, node_modules, documents) == ""


def test_unknown_fields_and_wrong_values_are_found(node_modules, tmp_path):
    documents = base()
    find(documents, "Deployment", "store")["spec"]["template"]["spec"]["restartsPolicy"] = "Always"
    find(documents, "Service", "gateway")["spec"]["ports"][0]["port"] = "eighty"
    found = complaints(tmp_path, node_modules, documents)
    assert "restartsPolicy" in found and "is not assignable to type 'number'" in found
