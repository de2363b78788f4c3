"""What scripts/make-keys promises: all that is missing is made, and what is there stays as it
is."""

import base64

import nacl.public
import pytest
import zmq

SERVICES = ("gateway", "filter", "llm-worker", "store")
PAIRS = (*SERVICES, "seal")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "made"


@pytest.fixture
def make_keys(harness, folder):
    """make_keys() is (exit status, what it printed)."""
    return lambda: harness.run("scripts/make-keys", str(folder))


def content(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def ring(text):
    return {
        key_id: base64.b64decode(key)
        for key_id, key in (line.split() for line in text.splitlines())
    }


def public_of(name, secret):
    """The public half, worked out with other libraries."""
    if name != "seal":
        return zmq.curve_public(secret.strip().encode()).decode()
    return {
        key_id: bytes(nacl.public.PrivateKey(key).public_key)
        for key_id, key in ring(secret).items()
    }


def read_public(name, text):
    return ring(text) if name == "seal" else text.strip()


def test_it_makes_pairs_that_fit_and_the_second_time_nothing(make_keys, folder):
    assert make_keys()[0] == 0
    made = content(folder)
    assert set(made) == {"bus-allow", "cookie.keys", "account.key",
                         *(f"{name}.{half}" for name in PAIRS for half in ("secret", "public"))}
    for name in PAIRS:
        assert read_public(name, made[f"{name}.public"]) == public_of(name, made[f"{name}.secret"])
        assert (folder / f"{name}.secret").stat().st_mode & 0o777 == 0o600
    allowed = dict(line.split() for line in made["bus-allow"].splitlines() if line[0] != "#")
    assert allowed == {name: made[f"{name}.public"].strip() for name in SERVICES[1:]}
    assert make_keys() == (0, "")
    assert content(folder) == made


@pytest.mark.parametrize("name", PAIRS)
def test_a_public_half_comes_back_and_its_secret_stays(make_keys, folder, name):
    make_keys()
    before = content(folder)
    (folder / f"{name}.public").unlink()
    assert make_keys() == (0, f"made {folder}/{name}.public\n")
    assert content(folder) == before


def test_a_ring_comes_back_whole_and_in_its_order(make_keys, folder):
    make_keys()
    older = nacl.public.PrivateKey.generate()
    secret = folder / "seal.secret"
    secret.write_text(
        f"# ours\n{secret.read_text()}\nolder {base64.b64encode(bytes(older)).decode()} # of last "
        "year\n"
    )
    current = ring((folder / "seal.public").read_text())
    (folder / "seal.public").unlink()
    assert make_keys()[0] == 0
    found = ring((folder / "seal.public").read_text())
    assert list(found.items()) == [*current.items(), ("older", bytes(older.public_key))]


@pytest.mark.parametrize("name", PAIRS)
def test_a_lost_secret_stops_it_and_nothing_changes(make_keys, folder, name):
    make_keys()
    (folder / f"{name}.secret").unlink()
    before = content(folder)
    status, text = make_keys()
    assert status == 1
    assert (
        text
        == f"make-keys: {folder}/{name}.public: has lost its secret; put that back, or take this "
           "away for a new pair\n"
    )
    assert content(folder) == before


@pytest.mark.parametrize(
    "name, secret, why",
    [
        ("seal", "", "it has no key"),
        ("seal", "one AAAA", "line 1 has no key of 32 bytes in base64 after the id"),
        ("store", "", "is no CURVE key in Z85"),
        ("store", "x" * 45, "is no CURVE key in Z85"),
        ("store", "'" * 40, "is no CURVE key in Z85"),
    ],
)
def test_a_secret_that_cannot_be_read_stops_it_and_nothing_changes(
    make_keys, folder, name, secret, why
):
    make_keys()
    (folder / f"{name}.public").unlink()
    (folder / f"{name}.secret").write_text(secret)
    before = content(folder)
    assert make_keys() == (1, f"make-keys: {folder}/{name}.secret: {why}\n")
    assert content(folder) == before
