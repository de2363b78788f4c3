"""All key material of a test run, made with pyzmq and PyNaCl in the files the services read.

The files are those of scripts/make-keys: <service>.secret and <service>.public hold
a CURVE key in Z85; bus-allow has lines `<service> <public key>`; seal.secret,
seal.public, cookie.keys and account.key are rings, lines `<id> <base64 of 32 bytes>`.
"""

import base64
import os
from collections import namedtuple
from pathlib import Path

import nacl.public
import zmq

BACKENDS = ("filter", "llm-worker", "store")

Pair = namedtuple("Pair", "public secret")  # both bytes in Z85


class Keys:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.pairs = {}
        for name in ("gateway", *BACKENDS, "stranger"):
            self.new_pair(name)
        self.write_allow({name: [self.pairs[name].public] for name in BACKENDS})
        seal = nacl.public.PrivateKey.generate()
        self.seal_public, self.seal_secret = bytes(seal.public_key), bytes(seal)
        self._write_ring("seal.public", "k1", self.seal_public)
        self._write_ring("seal.secret", "k1", self.seal_secret)
        self._write_ring("cookie.keys", "c1", os.urandom(32))
        self._write_ring("account.key", "a1", os.urandom(32))

    def new_pair(self, name):
        """Makes, or makes anew, the CURVE pair of a service."""
        pair = self.pairs[name] = Pair(*zmq.curve_keypair())
        self._write(f"{name}.public", pair.public.decode())
        self._write(f"{name}.secret", pair.secret.decode())
        return pair

    def write_allow(self, allowed):
        """allowed: service -> its public keys."""
        lines = [f"{name} {key.decode()}" for name, keys in allowed.items() for key in keys]
        self._write("bus-allow", "\n".join(lines))

    def path(self, name):
        return str(self.folder / name)

    def backend_env(self, service):
        return {"BUS_SECRET_KEY_FILE": self.path(f"{service}.secret"),
                "BUS_GATEWAY_KEY_FILE": self.path("gateway.public")}

    def _write_ring(self, name, key_id, key):
        self._write(name, f"{key_id} {base64.b64encode(key).decode()}")

    def _write(self, name, text):
        path = self.folder / name
        path.write_text(text + "\n")
        path.chmod(0o600)
