"""A private Redis and a private Postgres, the same as deploy/local runs them."""

import signal
import socket
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import redis
import requests

from support.processes import ROOT, Process, free_port
from support.wait import wait_until


class Server(Process):
    """A process that is up when it answers."""

    def start(self):
        super().start()
        wait_until(self._answers, f"{self.name} to answer:\n{self.tail()}", timeout=25)
        return self

    def _answers(self):
        assert self.is_running(), f"{self.name} ended:\n{self.tail()}"
        try:
            return self.ping()
        except (OSError, psycopg2.OperationalError):
            return False


class Redis(Server):
    def __init__(self, harness, folder):
        super().__init__(harness, "redis", [ROOT / "deploy/local/redis", folder], folder)
        self.socket = str(Path(folder) / "redis.sock")

    def client(self):
        return redis.Redis(unix_socket_path=self.socket, decode_responses=True)

    def ping(self):
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(self.socket)
            line.sendall(b"PING\r\n")
            return line.recv(64) == b"+PONG\r\n"

    def copy(self):
        """All keys, for put_back."""
        with self.client() as client:
            kept = {key: client.dump(key) for key in client.keys("*")}
        return {key: value for key, value in kept.items() if value}  # some ended meanwhile

    def put_back(self, copy):
        """Adds what a copy holds, as if nothing had happened to it since."""
        with self.client() as client:
            for key, value in copy.items():
                client.restore(key, 0, value, replace=True)

    def dump(self):
        """Every byte it keeps on disk."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return b"".join(path.read_bytes() for path in files)


class RedisCluster(Redis):
    """A cluster of one node: it refuses a script whose keys lie in different slots."""

    def __init__(self, harness, folder):
        super().__init__(harness, folder)
        self.name = "redis-cluster"
        self.command = ["redis-server", "--port", "0", "--unixsocket", self.socket,
                        "--cluster-enabled", "yes", "--dir", str(folder), "--save", ""]

    def start(self):
        super().start()
        with self.client() as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            wait_until(lambda: client.execute_command("CLUSTER INFO")["cluster_state"] == "ok",
                       "a node for every slot")
        return self


class Nginx(Server):
    """Stands before the gateways of a system, as scripts/up has it."""

    def __init__(self, harness, folder, ports):
        self.port = free_port()
        gateways = " ".join(f"127.0.0.1:{port}" for port in ports)
        super().__init__(
            harness, "nginx", [ROOT / "deploy/local/nginx", folder, self.port, gateways], folder
        )

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def ping(self):
        return requests.get(f"{self.url}/health", timeout=5).status_code == 200


class Postgres(Server):
    """One server for the session; every test has a database of its own."""

    def __init__(self, harness, folder):
        super().__init__(harness, "postgres", [ROOT / "deploy/local/postgres", folder], folder)
        self.stop_signal = signal.SIGINT
        self.database = "chat"
        self._made = 0

    @property
    def url(self):
        return f"postgresql://chat@/{self.database}?host={self.folder}"

    def query(self, sql, *values, database=None):
        """Runs one statement by itself; returns its rows."""
        with closing(psycopg2.connect(host=str(self.folder), user="chat",
                                      dbname=database or self.database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall() if cursor.description else []

    def plans(self, sql, *values, database=None):
        """Runs one statement; returns the plans of what its functions ask, as auto_explain tells
        them."""
        with closing(psycopg2.connect(host=str(self.folder), user="chat",
                                      dbname=database or self.database)) as connection:
            cursor = connection.cursor()
            cursor.execute(
                "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0;"
                " SET auto_explain.log_analyze = on; SET auto_explain.log_buffers = on;"
                " SET auto_explain.log_nested_statements = on; SET client_min_messages = log"
            )
            cursor.execute(sql, values or None)
            return list(connection.notices)

    @contextmanager
    def hold(self, sql):
        """Keeps what the statement locks until the end of the block."""
        with closing(
            psycopg2.connect(host=str(self.folder), user="chat", dbname=self.database)
        ) as connection:
            with connection.cursor() as cursor:
                cursor.execute(sql)
            yield

    def waiting(self):
        """How many wait for somebody's lock."""
        return self.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                          " AND wait_event_type = 'Lock'")[0][0]

    def ping(self):
        return self.query("SELECT 1", database="postgres") == [(1,)]

    def fresh_database(self):
        self._made += 1
        self.database = f"test_{self._made}"
        self.query(f"CREATE DATABASE {self.database}", database="postgres")

    def drop_database(self):
        self.query(f"DROP DATABASE {self.database} WITH (FORCE)", database="postgres")

    def dump(self):
        """Every row of every table of this test's database, as text."""
        tables = self.query("SELECT quote_ident(schemaname) || '.' || quote_ident(relname)"
                            " FROM pg_stat_user_tables")
        rows = [self.query(f"SELECT t::text FROM {table} t") for (table,) in tables]
        return "\n".join(row for table in rows for (row,) in table)
