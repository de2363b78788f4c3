"""A second implementation of the bus, written from docs/bus.md and docs/messages.md, for tests.

FakeGateway accepts backends; FakeBackend connects to gateways:

    gateway = FakeGateway(keys)                      # BUS_GATEWAYS=gateway.address
    say = gateway.ask("session_open_request", session=ID, create=1, page=20)
    assert say.remaining == 20                       # BusError if it ends otherwise

    filter_ = FakeBackend(keys, "filter", address)
    filter_.on("filter_check_request", say("filter_check_reply", verdict=2))
    asked = filter_.wait_request("filter_check_request") # then asked.text, asked.final(...), ...

Each has a thread that owns its sockets and keeps the heartbeat, so a test may
wait.  Everything public may be called from the test's thread.
"""

import os
import threading
import time
from collections import deque

import zmq
from zmq.utils import z85

from support import wire
from support.wait import wait_until
from support.wire import BadFrame, Frame

ENDS = ("FINAL", "ERROR", "BUSY", "CANCELLED")


class BusError(Exception):
    """A request that ended with ERROR, BUSY or CANCELLED."""

    def __init__(self, frame):
        self.end = frame.type
        self.code = frame.message.code if frame.type == "ERROR" else frame.type.lower()
        self.retryable = frame.type == "ERROR" and frame.message.retryable == 1
        self.retry_after_ms = frame.message.retry_after_ms if frame.type == "ERROR" else 0
        self.detail = frame.message.detail if frame.type == "ERROR" else ""
        self.local = frame.message.local if frame.type == "ERROR" else 0
        super().__init__(f"{frame.type} {self.code} {self.detail}")


def service_of(message):
    """The service that receives this message, by its number."""
    number = wire.NUMBERS[message]
    for service, first, last in (("filter", 64, 79), ("llm-worker", 80, 95), ("store", 96, 159)):
        if first <= number <= last:
            return service
    raise AssertionError(f"{message} is a request to no service")


def _limits(socket):
    socket.setsockopt(zmq.LINGER, 200)
    socket.setsockopt(zmq.SNDTIMEO, 0)
    socket.setsockopt(zmq.SNDHWM, 2000)
    socket.setsockopt(zmq.RCVHWM, 2000)
    socket.setsockopt(zmq.MAXMSGSIZE, wire.FRAME_MAX)


class _Endpoint:
    """A thread with sockets; a queue passes it what the test sends."""

    def __init__(self, name):
        self.lock = threading.RLock()
        self.faults = []  # frames of the peer that the protocol does not allow
        self.frozen = False  # neither reads nor sends, like a stopped process
        self._context = zmq.Context()
        self._poller = zmq.Poller()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK)
        self._poller.register(self._wake_read, zmq.POLLIN)
        self._jobs = deque()
        self._timers = []
        self._closing = False
        self._broken = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def _do(self, job):
        """Runs job() on the thread that owns the sockets."""
        self._jobs.append(job)
        os.write(self._wake_write, b"!")

    def _after(self, seconds, job):
        with self.lock:
            self._timers.append((time.monotonic() + seconds, job))

    def _run(self):
        try:
            self._serve()
        except BaseException as why:
            self._broken = why  # wait() raises it, so that no test waits for a dead thread
            raise
        finally:
            self._context.destroy(linger=200)

    def _serve(self):
        while not self._closing or self._jobs:
            ready = dict(self._poller.poll(20))
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            if self.frozen and not self._closing:
                time.sleep(0.005)
                continue
            with self.lock:
                while self._jobs:
                    self._jobs.popleft()()
                now = time.monotonic()
                due = [timer for timer in self._timers if timer[0] <= now]
                self._timers = [timer for timer in self._timers if timer[0] > now]
                for _, job in due:
                    job()
                self._read(ready)
                self._tick(now)

    def _end(self):
        if self._closing:
            return
        self._closing = True
        os.write(self._wake_write, b"!")
        self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def wait(self, condition, what, timeout=10.0):
        def locked():
            assert not self._broken, f"{self._thread.name} broke: {self._broken!r}"
            with self.lock:
                return condition()
        return wait_until(locked, what, timeout)


# ---- the gateway's end ----------------------------------------------------------------------


class Peer:
    """A backend as the gateway sees it."""

    def __init__(self, routing_id, ready):
        self.routing_id = routing_id
        self.service, self.instance, self.boot = ready.service, ready.instance, ready.boot
        self.window, self.slots = ready.window, ready.slots
        self.offers = deque()
        self.pings = 0
        self.load = None
        self.draining = self.gone = False


class Request:
    """A request in flight."""

    def __init__(self, gateway, peer, frame, message, auto_credit):
        self.gateway, self.peer, self.frame, self.message = gateway, peer, frame, message
        self.auto_credit = auto_credit
        self.id, self.attempt = frame.id, frame.attempt
        self.accepted = False
        self.chunks = []  # decoded messages, in order of arrival
        self.ends = []  # frames; more than one is a fault of the backend
        self._came = self._taken = self._last = 0

    @property
    def end(self):
        return self.ends[0] if self.ends else None

    @property
    def text(self):
        """The text of the chunks received so far."""
        with self.gateway.lock:
            return "".join(chunk.text for chunk in self.chunks)

    def wait(self, timeout=10.0):
        """The result of a FINAL; BusError for every other end."""
        frame = self.wait_end(timeout)
        if frame.type != "FINAL":
            raise BusError(frame)
        return frame.message

    def wait_end(self, timeout=10.0):
        return self.gateway.wait(lambda: self.end, f"the end of {self.message}", timeout)

    def wait_accept(self, timeout=5.0):
        self.gateway.wait(lambda: self.accepted, f"ACCEPT of {self.message}", timeout)

    def wait_chunks(self, count, timeout=10.0):
        self.gateway.wait(lambda: len(self.chunks) >= count, f"{count} chunks", timeout)

    def cancel(self):
        self._send("CANCEL")

    def credit(self, size=None):
        """Acknowledges size more body bytes; by default all that were received."""
        with self.gateway.lock:
            self._taken = self._taken + size if size is not None else self._came
            self._send("CREDIT", bytes=self._taken, last=self._last)

    def _send(self, kind, **fields):
        frame = Frame(
            kind, id=self.id, attempt=self.attempt, body=wire.encode(kind.lower(), **fields)
        )
        self.gateway.send_frame(self.peer, frame)

    def _take(self, frame):
        if frame.type == "ACCEPT":
            self.accepted = True
        elif frame.type == "CHUNK":
            if frame.sequence != self._last + 1:
                self.gateway.faults.append(f"chunk {frame.sequence} after {self._last}")
            self._last = frame.sequence
            self._came += len(frame.body)
            self.chunks.append(frame.message)
            if self.auto_credit:
                self.credit()
        elif frame.type in ENDS:
            self.ends.append(frame)
            if frame.type in ("FINAL", "ERROR") and frame.sequence != len(self.chunks):
                self.gateway.faults.append(
                    f"{frame.type} counts {frame.sequence} chunks of {len(self.chunks)}"
                )
            if len(self.ends) > 1:
                self.gateway.faults.append(f"{self.message} ended twice: {frame.type}")


class FakeGateway(_Endpoint):
    """Binds a CURVE ROUTER; accepts backends whose key fits their READY."""

    def __init__(self, keys, port=0, pair="gateway", heartbeat_ms=200):
        super().__init__("fake gateway")
        self.keys, self.heartbeat_ms = keys, heartbeat_ms
        self.allowed = {keys.pairs[name].public: name for name in ("filter", "llm-worker", "store")}
        self.epoch = int.from_bytes(os.urandom(8), "big")
        self.demand = (0, 0)  # queued, oldest_ms: sent in PONG
        self.peers = {}  # routing id -> Peer
        self.requests = {}  # id -> Request
        self.frames = []  # (Peer or None, Frame): all received
        self._ids = int.from_bytes(os.urandom(4), "big")
        self._zap = self._context.socket(zmq.REP)
        self._zap.bind("inproc://zeromq.zap.01")
        self._router = self._context.socket(zmq.ROUTER)
        _limits(self._router)
        self._router.setsockopt(zmq.ROUTER_MANDATORY, 1)
        self._router.curve_server = True
        self._router.curve_secretkey = keys.pairs[pair].secret
        self._router.curve_publickey = keys.pairs[pair].public
        self._router.zap_domain = b"bus"
        self._router.bind(f"tcp://127.0.0.1:{port or '*'}")
        self.address = self._router.last_endpoint.decode().removeprefix("tcp://")
        self.port = int(self.address.rsplit(":", 1)[1])
        self._poller.register(self._zap, zmq.POLLIN)
        self._poller.register(self._router, zmq.POLLIN)
        self._thread.start()

    def close(self):
        self._end()

    def kill(self):
        """Closes without notice; a new FakeGateway may use the port."""
        self._end()

    # -- requests

    def wait_peer(self, service, count=1, timeout=10.0):
        """The newest live backend of that service, once there are at least count."""
        def live():
            found = self.live(service)
            return found[-1] if len(found) >= count else None
        return self.wait(live, f"{count} x {service} at the gateway", timeout)

    def live(self, service):
        with self.lock:
            return [p for p in self.peers.values()
                    if p.service == service and not p.gone and not p.draining]

    def wait_offer(self, service="llm-worker", count=1, timeout=10.0):
        """A peer that offers count slots."""
        def offering():
            return next((p for p in self.live(service) if len(p.offers) >= count), None)
        return self.wait(offering, f"{count} offers of {service}", timeout)

    def send(self, message, to=None, ttl_ms=10000, attempt=1, trace="", auto_credit=True,
             checked=True, offer=None, **fields):
        """Sends a REQUEST and returns at once; for an offering service it waits for an offer."""
        service = service_of(message)
        peer = to or self.wait_peer(service)
        if peer.slots and offer is None:
            peer = to or self.wait_offer(service)
            offer = self.wait(lambda: peer.offers and peer.offers.popleft(), "an offer")
        body = wire.encode(message, checked=checked, **fields)
        with self.lock:
            self._ids += 1
            frame = Frame("REQUEST", id=self._ids, attempt=attempt, sequence=offer or 0,
                          ttl_ms=ttl_ms, trace=trace, body=body)
            request = Request(self, peer, frame, message, auto_credit)
            self.requests[frame.id] = request
        self.send_frame(peer, frame)
        return request

    def ask(self, message, timeout=10.0, **kw):
        """The reply to one request; BusError if it fails."""
        return self.send(message, **kw).wait(timeout)

    # -- the bus itself

    def send_frame(self, peer, frame):
        """Sets the epoch of this gateway, unless the frame has one."""
        frame = frame if frame.epoch else frame.but(epoch=self.epoch)
        self.send_raw(peer, frame.encode())

    def send_raw(self, peer, *parts):
        """Any bytes at all, in any number of parts."""
        def job():
            try:
                self._router.send_multipart([peer.routing_id, *parts])
            except zmq.ZMQError:
                peer.gone = True
        self._do(job)

    def tell_demand(self, queued, oldest_ms, service="llm-worker"):
        with self.lock:
            self.demand = (queued, oldest_ms)
            for peer in self.live(service):
                body = wire.encode("demand", queued=queued, oldest_ms=oldest_ms)
                self.send_frame(peer, Frame("DEMAND", body=body))

    def cancel_turn(self, turn_id, service="llm-worker"):
        for peer in self.live(service):
            self.send_frame(peer, Frame("CANCEL", body=wire.encode("cancel", turn_id=turn_id)))

    def release(self, peer, offer):
        with self.lock:
            peer.offers.remove(offer)
        self.send_frame(peer, Frame("RELEASE", body=wire.encode("release", offer=offer)))

    def wait_frame(self, kind, peer=None, timeout=10.0, **head):
        """The first frame received of that type, with these values in its head."""
        def found():
            for sender, frame in self.frames:
                if (frame.type == kind and peer in (None, sender)
                        and all(getattr(frame, key) == value for key, value in head.items())):
                    return frame
            return None
        return self.wait(found, f"a {kind} {head or ''}", timeout)

    def _tick(self, now):
        pass

    def _read(self, ready):
        if self._zap in ready:
            self._admit()
        for _ in range(256 if self._router in ready else 0):
            try:
                routing_id, *parts = self._router.recv_multipart(zmq.DONTWAIT, copy=False)
            except zmq.Again:
                break
            self._take(routing_id.bytes, parts)

    def _admit(self):
        """ZAP (RFC 27): the user id of a connection is the service its key belongs to."""
        version, request, domain, _, _, mechanism, key = self._zap.recv_multipart()
        service = self.allowed.get(z85.encode(key)) if mechanism == b"CURVE" else None
        good = service and domain == b"bus"
        self._zap.send_multipart([version, request, b"200" if good else b"400", b"",
                                  service.encode() if good else b"", b""])

    def _take(self, routing_id, parts):
        if len(parts) == 1 and not parts[0].bytes:
            self._reply(routing_id, "WHO")  # the empty frame of a new connection
            return
        try:
            if len(parts) != 1:
                raise BadFrame(f"{len(parts)} parts")
            frame = wire.decode_frame(parts[0].bytes)
        except BadFrame as why:
            self.faults.append(str(why))
            return
        peer = self.peers.get(routing_id)
        self.frames.append((peer, frame))
        if frame.type == "READY":
            self._take_ready(routing_id, frame.message, parts[0])
        elif frame.type != "BYE" and (peer is None or frame.epoch != self.epoch):
            self._reply(routing_id, "WHO")
        elif peer is not None:
            self._take_from(peer, frame)

    def _take_ready(self, routing_id, ready, part):
        if part.get("User-Id") != ready.service:
            self.faults.append(f"READY of {ready.service} under the key of {part.get('User-Id')}")
            return
        for other in self.peers.values():
            other.gone |= other.instance == ready.instance
        self.peers[routing_id] = Peer(routing_id, ready)
        self._reply(routing_id, "WELCOME", heartbeat_ms=self.heartbeat_ms, protocol=wire.VERSION)

    def _take_from(self, peer, frame):
        if frame.type == "PING":
            peer.pings += 1
            peer.load = frame.message
            self._reply(peer.routing_id, "PONG", queued=self.demand[0], oldest_ms=self.demand[1])
        elif frame.type == "OFFER":
            peer.offers.append(frame.message.offer)
        elif frame.type == "REVOKE":
            if frame.message.offer in peer.offers:
                self.release(peer, frame.message.offer)
        elif frame.type == "DRAIN":
            peer.draining = True
        elif frame.type == "BYE":
            peer.gone = True
        elif frame.id in self.requests:
            request = self.requests[frame.id]
            if frame.attempt == request.attempt:
                request._take(frame)

    def _reply(self, routing_id, kind, **fields):
        frame = Frame(kind, epoch=self.epoch, body=wire.encode(kind.lower(), **fields))
        try:
            self._router.send_multipart([routing_id, frame.encode()])
        except zmq.ZMQError:
            pass  # it has disconnected


# ---- the backend's end ----------------------------------------------------------------------


class Asked:
    """A request that reached a FakeBackend; fields of its message as attributes."""

    def __init__(self, backend, link, frame):
        self.backend, self.link, self.frame, self.message = backend, link, frame, frame.message
        self.name, self.attempt = frame.message.MESSAGE, frame.attempt
        self.offer = frame.sequence
        self.cancelled_by_gateway = self.ended = False
        self.credit = 0  # bytes the gateway has acknowledged
        self._chunks = 0

    def __getattr__(self, key):
        return self.message[key] if key in self.message else object.__getattribute__(self, key)

    def accept(self):
        self.send("ACCEPT", wire.encode("accept"))

    def chunk(self, name, **fields):
        with self.backend.lock:
            self._chunks += 1
            self.send("CHUNK", wire.encode(name, **fields), sequence=self._chunks)

    def final(self, name, **fields):
        self.finish("FINAL", wire.encode(name, **fields))

    def error(self, code, retryable=0, retry_after_ms=0, detail=""):
        self.finish("ERROR", wire.encode("error", code=code, retryable=retryable,
                                          retry_after_ms=retry_after_ms, detail=detail))

    def busy(self):
        self.finish("BUSY", wire.encode("busy"))

    def cancelled(self):
        self.finish("CANCELLED", wire.encode("cancelled"))

    def send(self, kind, body, **head):
        """One frame about this request; head may make it wrong on purpose."""
        head = {
            "epoch": self.link.epoch,
            "id": self.frame.id,
            "attempt": self.frame.attempt,
            **head,
        }
        self.backend.send_raw(Frame(kind, body=body, **head).encode(), link=self.link)

    def finish(self, kind, body):
        """Ends the request with this body, whatever it is."""
        self.ended = True
        self.send(kind, body, sequence=self._chunks if kind in ("FINAL", "ERROR") else 0)
        self.backend._slot_is_free(self.link, self.offer)


class _Link:
    """One gateway, as a backend sees it."""

    def __init__(self, address):
        self.address = address
        self.socket = None
        self.epoch = 0
        self.heartbeat = 0.0  # seconds; 0: the link is not up
        self.last_sent = 0.0
        self.offers = set()
        self.pong = None


class FakeBackend(_Endpoint):
    """Connects to gateways as filter, llm-worker or store, and replies as the test says."""

    def __init__(self, keys, service, *addresses, window=64, slots=0, pair=None, instance=None,
                 ready=None):
        """pair: whose key to use; ready: fields of READY to replace."""
        super().__init__(f"fake {service}")
        self.service = service
        self.instance = instance or os.urandom(16).hex()
        self.boot = time.time_ns() // 1_000_000
        self.slots = slots
        self.window = 0 if slots else window
        self.asked = []  # every Asked, in order
        self.frames = []  # every Frame
        self.pings = True  # False: alive for requests, but no heartbeat
        self._ready_fields = {
            "service": service, "instance": self.instance, "boot": self.boot, "protocol_min": 1,
            "protocol_max": 1, "window": self.window, "slots": slots, **(ready or {})}
        self._scripts = {}
        self._offers = 0
        self._free = slots
        self.links = [_Link(address) for address in addresses]
        for link in self.links:
            link.socket = self._dial(link.address, keys, keys.pairs[pair or service])
            self._poller.register(link.socket, zmq.POLLIN)
        self._thread.start()

    def close(self):
        """Sends BYE, unless it is closed."""
        if not self._closing:
            self.say("BYE")
        self._end()

    def kill(self):
        """Closes without BYE."""
        self._end()

    def on(self, message, reply):
        """From now on reply(asked) handles this message; see say, error and so on below."""
        self._scripts[message] = reply
        return self

    def wait_welcome(self, timeout=10.0):
        self.wait(lambda: all(link.heartbeat for link in self.links), "WELCOME", timeout)
        return self

    def wait_request(self, message, count=1, timeout=10.0):
        """The count-th request received with this message."""
        def found():
            kind = [asked for asked in self.asked if asked.name == message]
            return kind[count - 1] if len(kind) >= count else None
        return self.wait(found, f"{count} x {message}", timeout)

    def wait_cancel(self, asked, timeout=10.0):
        self.wait(lambda: asked.cancelled_by_gateway, f"CANCEL of {asked.name}", timeout)

    def wait_frame(self, kind, timeout=10.0):
        return self.wait(lambda: next((f for f in self.frames if f.type == kind), None),
                         f"a {kind}", timeout)

    def say(self, kind, **fields):
        """A frame of the bus itself, to every gateway: DRAIN, REVOKE, PING, ..."""
        for link in self.links:
            frame = Frame(kind, epoch=link.epoch, body=wire.encode(kind.lower(), **fields))
            self.send_raw(frame.encode(), link=link)

    def say_ready(self):
        """READY without a WHO, to every gateway."""
        self._do(lambda: [self._ready(link) for link in self.links])

    def send_raw(self, *parts, link=None):
        """Any bytes at all, in any number of parts."""
        self._do(lambda: self._put(link or self.links[0], *parts))

    def _dial(self, address, keys, pair):
        socket = self._context.socket(zmq.DEALER)
        _limits(socket)
        socket.setsockopt(zmq.IMMEDIATE, 1)
        socket.setsockopt(zmq.PROBE_ROUTER, 1)
        socket.setsockopt(zmq.RECONNECT_IVL, 50)
        socket.curve_serverkey = keys.pairs["gateway"].public
        socket.curve_secretkey, socket.curve_publickey = pair.secret, pair.public
        socket.connect(f"tcp://{address}")
        return socket

    def _put(self, link, *parts):
        try:
            link.socket.send_multipart(list(parts), zmq.DONTWAIT)
            link.last_sent = time.monotonic()
            return True
        except zmq.Again:
            return False  # not connected

    def _ready(self, link):
        self._put(link, Frame("READY", body=wire.encode("ready", **self._ready_fields)).encode())

    def _tick(self, now):
        for link in self.links:
            if not link.heartbeat and now - link.last_sent > 0.2:
                self._put(link, Frame("PING", body=wire.encode("ping")).encode())  # draws a WHO
            elif link.heartbeat and self.pings and now - link.last_sent > link.heartbeat / 2:
                body = wire.encode("ping", in_flight=0, free=self._free or self.window)
                self._put(link, Frame("PING", epoch=link.epoch, body=body).encode())

    def _read(self, ready):
        for link in self.links:
            for _ in range(256 if link.socket in ready else 0):
                try:
                    parts = link.socket.recv_multipart(zmq.DONTWAIT)
                except zmq.Again:
                    break
                if parts != [b""]:
                    self._take(link, parts)

    def _take(self, link, parts):
        try:
            if len(parts) != 1:
                raise BadFrame(f"{len(parts)} parts")
            frame = wire.decode_frame(parts[0])
        except BadFrame as why:
            self.faults.append(str(why))
            return
        self.frames.append(frame)
        if frame.type == "WHO":
            link.heartbeat = 0.0
            link.offers.clear()
            self._ready(link)
        elif frame.type == "WELCOME":
            link.epoch, link.heartbeat = frame.epoch, frame.message.heartbeat_ms / 1000
            self._free = self.slots
            while self._free:
                self._offer(link)
        elif frame.type == "PONG":
            link.pong = frame.message
        elif frame.type == "RELEASE":
            link.offers.discard(frame.message.offer)
        elif frame.type == "REQUEST":
            self._take_request(link, frame)
        elif frame.type in ("CANCEL", "CREDIT"):
            self._take_command(link, frame)

    def _take_request(self, link, frame):
        link.offers.discard(frame.sequence)
        asked = Asked(self, link, frame)
        self.asked.append(asked)
        reply = self._scripts.get(asked.name)
        if not getattr(reply, "mute", False):
            asked.accept()
        if reply:
            reply(asked)

    def _take_command(self, link, frame):
        mine = [asked for asked in self.asked if asked.link is link and not asked.ended]
        turn = frame.message.turn_id if frame.type == "CANCEL" else ""
        if turn:
            mine = [asked for asked in mine if asked.message.get("turn_id") == turn]
        else:
            mine = [
                asked
                for asked in mine
                if (asked.frame.id, asked.attempt) == (frame.id, frame.attempt)
            ]
        for asked in mine:
            if frame.type == "CREDIT":
                asked.credit = frame.message.bytes
            else:
                asked.cancelled_by_gateway = True
        if frame.type == "CANCEL" and not turn and not mine:
            self._put(link, frame.but(type="CANCELLED", body=wire.encode("cancelled")).encode())

    def _offer(self, link):
        self._free -= 1
        self._offers += 1
        link.offers.add(self._offers)
        body = wire.encode("offer", offer=self._offers)
        self._put(link, Frame("OFFER", epoch=link.epoch, body=body).encode())

    def _slot_is_free(self, link, offer):
        if self.slots and offer:
            self._free += 1
            self._do(lambda: self._offer(link))


# ---- how a FakeBackend may handle a request ---------------------------------------------------


def say(name, **fields):
    """Replies at once."""
    return lambda asked: asked.final(name, **fields)


def error(code, retryable=0, retry_after_ms=0, detail=""):
    return lambda asked: asked.error(code, retryable, retry_after_ms, detail)


def stream(chunks, last="llm_answer_reply", **fields):
    """llm_chunk chunks, then the end."""
    def reply(asked):
        for text in chunks:
            asked.chunk("llm_chunk", text=text, model=fields.get("model", "test/model"))
        asked.final(last, **{"model": "test/model", "finish_reason": "stop", **fields})
    return reply


def late(seconds, reply):
    """Handles the request after so many seconds."""
    return lambda asked: asked.backend._after(seconds, lambda: reply(asked))


def twice(reply):
    def both(asked):
        reply(asked)
        reply(asked)
    return both


def in_turn(*replies):
    """The first request gets the first reply, and so on; the last reply is repeated."""
    left = list(replies)
    return lambda asked: (left.pop(0) if len(left) > 1 else left[0])(asked)


def never(asked):
    """Accepts and sends nothing more, as without any reply set."""


def mute(asked):
    """Does not even accept."""


mute.mute = True


def busy(asked):
    asked.busy()


busy.mute = True
