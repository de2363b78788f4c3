"""A kept connection to one gateway: as little HTTP as a client needs, so that a hundred of them are
light."""

import asyncio
from collections import namedtuple

# is_whole: the body came to its end. Of one that broke off there is what came.
Reply = namedtuple("Reply", "status headers body is_whole")


class Line:
    def __init__(self, port):
        self.port = port
        self._reader = self._writer = None

    async def exchange(self, head, body, head_s, body_s, on_bytes=None):
        """Sends a request and returns its Reply; OSError where there was none, TimeoutError where
        the reply's head or body took longer. on_bytes(what came so far) is called as the body
        grows."""
        try:
            async with asyncio.timeout(head_s):
                if not self._writer:
                    self._reader, self._writer = await asyncio.open_connection(
                        "127.0.0.1", self.port
                    )
                self._writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
                first = await self._reader.readuntil(b"\r\n\r\n")
            async with asyncio.timeout(body_s):
                reply = await self._read(first, on_bytes)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as why:
            self.close()
            raise ConnectionError("no head came") from why
        except BaseException:  # a timeout too: what comes on this line later belongs to nobody
            self.close()
            raise
        if not reply.is_whole or reply.headers.get(b"connection") == b"close":
            self.close()
        return reply

    def close(self):
        if self._writer:
            self._writer.transport.abort()
        self._reader = self._writer = None

    async def _read(self, head, on_bytes):
        first, *fields = head[:-4].split(b"\r\n")
        headers = {}
        for field in fields:
            name, _, value = field.partition(b":")
            headers[name.lower()] = value.strip()
        status = int(first.split()[1])
        if headers.get(b"transfer-encoding") == b"chunked":
            return Reply(status, headers, *await self._read_chunks(on_bytes))
        return Reply(status, headers, *await self._read_length(int(headers[b"content-length"])))

    async def _read_length(self, length):
        try:
            return await self._reader.readexactly(length), True
        except (asyncio.IncompleteReadError, OSError):
            return b"", False

    async def _read_chunks(self, on_bytes):
        body = bytearray()
        try:
            while size := int(await self._reader.readuntil(b"\r\n"), 16):
                body += (await self._reader.readexactly(size + 2))[:-2]
                if on_bytes:
                    on_bytes(body)
            await self._reader.readexactly(2)
        except (asyncio.IncompleteReadError, OSError):
            return bytes(body), False
        return bytes(body), True
