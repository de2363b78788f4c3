"""A TCP proxy that a test can make slow, silent or dead.

    proxy = Proxy(target_port)      # or a path: a unix socket; listens where listen says
    proxy.stall()                   # connections stay, no byte passes
    proxy.stall(to="target")        # in one direction only; the other one is to="client"
    proxy.swallow()                 # half open: bytes are taken and lost, and so is a close
    proxy.spoil()                   # what comes from the target arrives as other bytes
    proxy.delay = 0.1               # seconds that every piece waits
    proxy.slice = 1                 # at most so many bytes at once
    proxy.cut()                     # all connections are reset
    proxy.heal()                    # as at first, with new connections where bytes were lost
"""

import asyncio
import socket
import struct
import threading

WAYS = ("target", "client")


class Proxy:
    def __init__(self, target, listen=None, tls=None):
        """target: a port of 127.0.0.1, or the path of a unix socket; listen: a path, else a free
        port.

        With tls (a server's SSLContext) it speaks TLS on the port it listens on."""
        self.target, self.listen, self.tls = target, listen, tls
        self.port = None
        self.delay = 0.0  # seconds that every piece waits
        self.slice = None  # bytes that are written at once
        self.refusing = False
        self.accepted = 0
        self._open = set()  # writers
        self._loop = asyncio.new_event_loop()
        self._flow = {way: asyncio.Event() for way in WAYS}
        for flow in self._flow.values():
            flow.set()
        self._swallows = self._spoils = False
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()
        assert self._started.wait(5), "the proxy did not start"

    def stall(self, to=None):
        """Connections stay open, and new ones are made, but nothing passes."""
        for way in [to] if to else WAYS:
            self._call(self._flow[way].clear)

    def resume(self):
        for way in WAYS:
            self._call(self._flow[way].set)

    def swallow(self):
        """Connections stay open, also when one end closes; what is written into them is lost."""
        self._swallows = True

    def spoil(self):
        self._spoils = True

    def heal(self):
        lost, self._swallows, self._spoils = self._swallows, False, False
        self.delay, self.slice, self.refusing = 0.0, None, False
        self.resume()
        if lost:
            self.cut()

    def refuse(self, refusing=True):
        """New connections are reset at once."""
        self.refusing = refusing

    def cut(self):
        """Resets every connection there is."""
        self._call(self._reset_all)

    @property
    def open_connections(self):
        return len(self._open) // 2

    def close(self):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _call(self, job):
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (job(), done.set()))
        assert done.wait(5)

    def _run(self):
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self):
        self._stop = asyncio.Event()
        if self.listen:
            server = await asyncio.start_unix_server(self._connection, self.listen)
        else:
            server = await asyncio.start_server(self._connection, "127.0.0.1", 0, ssl=self.tls)
            self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for flow in self._flow.values():
            flow.set()
        self._reset_all()
        await server.wait_closed()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection(self, reader, writer):
        if self.refusing:
            self._reset(writer)
            return
        try:
            if isinstance(self.target, int):
                there = await asyncio.open_connection("127.0.0.1", self.target)
            else:
                there = await asyncio.open_unix_connection(self.target)
        except OSError:
            self._reset(writer)
            return
        self.accepted += 1
        both = {writer, there[1]}
        self._open |= both
        try:
            await asyncio.gather(
                self._pump(reader, there[1], "target"), self._pump(there[0], writer, "client")
            )
        finally:
            for end in both:
                end.close()
            self._open -= both

    async def _pump(self, reader, writer, to):
        try:
            while data := await reader.read(65536):
                await self._flow[to].wait()
                if self.delay:
                    await asyncio.sleep(self.delay)
                if self._spoils and to == "client":
                    data = b"?" * len(data)
                if not self._swallows:
                    await self._write(writer, data)
            await self._flow[to].wait()
            if writer.can_write_eof() and not self._swallows:
                writer.write_eof()
        except OSError:
            if not self._swallows:
                writer.close()

    async def _write(self, writer, data):
        size = self.slice or len(data)
        for start in range(0, len(data), size):
            writer.write(data[start:start + size])
            await writer.drain()

    def _reset_all(self):
        for writer in list(self._open):
            self._reset(writer)

    def _reset(self, writer):
        """RST instead of FIN: the other side sees an error, not an end."""
        connection = writer.get_extra_info("socket")
        if (
            connection is not None
            and connection.fileno() >= 0
            and connection.family != socket.AF_UNIX
        ):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
