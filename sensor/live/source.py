"""Live sources: a thread reads a stream's blocks to a queue and restarts the capture when it ends."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import field

from sensor.capture import Block, Capture, NotACapture, open_capture
from sensor.catalogue import Message, worded
from sensor.files import error_reason
from sensor.light_dataclass import dataclass
from sensor.live.streams import SILENT, PacketStream

WAITING = 48
"""Blocks that may wait to be read (some 24 MB): beyond, the pipe fills, then the kernel's ring, and then the kernel
counts what it drops."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a capture is started again; each failure doubles it. An interface that comes back is tried at once."""

STEADY = 60.0
"""Seconds that a capture must have run before a new failure counts as the first."""

STARTING = Message("source.starting")

ENDS = 16
"""Ends of captures that wait to be reported."""


@dataclass(slots=True, eq=False)
class LiveSource:
    """A stream being read. ``message`` says why while it is not captured, else it is ""; counters are of all
    its captures together."""

    stream: PacketStream
    queue: queue.Queue[tuple[LiveSource, Block | None]]
    now: Callable[[], float] = time.monotonic
    message: Message | str = STARTING
    capturing: bool = False
    over: bool = False
    starts: int = 0
    failed: bool = False
    ends: deque[str] = field(default_factory=lambda: deque(maxlen=ENDS))
    """Why captures ended; taken out when it is reported."""
    link_types: list[str] = field(default_factory=list)
    damage: str | None = None
    _capture: Capture | None = None
    _before: tuple[int, int] = (0, 0)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _position: int = -1
    _moved: float = 0.0
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        """The interface, or ``-``."""
        return self.stream.name

    @property
    def received(self) -> int:
        """Packets the kernel took in."""
        with self._lock:
            return self._before[0] + ((self._capture.received or 0) if self._capture is not None else 0)

    @property
    def dropped(self) -> int:
        """Packets the kernel had no room for."""
        with self._lock:
            return self._before[1] + ((self._capture.dropped or 0) if self._capture is not None else 0)

    def start(self) -> None:
        """Begin to read."""
        self._thread = threading.Thread(target=self._run, name=f"source {self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the capture; what it has sent already still comes."""
        self._stopping.set()
        self.stream.stop()

    def join(self, seconds: float) -> None:
        """Wait until it has ended."""
        if self._thread is not None and self.stream.lasting:
            self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self._read_on()
        except Exception as error:  # noqa: BLE001 (a bug must end in a sentence, not in a sensor that waits for ever)
            self.message = Message("source.bug", {"kind": type(error).__name__})
            self.damage = worded("caveat", *self.message)
            self.stream.stop()
        self.capturing, self.over = False, True
        self.queue.put((self, None))

    def _read_on(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = self.now()
            why = self._one()
            self.capturing, self.failed = False, True
            if self._stopping.is_set():
                break
            if self.stream.permanent_failure():
                self.message = _ended("source.ended", why)
                break
            pause = FIRST_PAUSE if self.now() - began >= STEADY else pause
            self.message = _ended("source.retried", why)
            self.ends.append(worded("caveat", *self.message))
            until = self.now() + pause
            while self.now() < until and not self._stopping.wait(0.1) and not self.stream.interface_back():
                pass
            pause = min(2 * pause, LONGEST_PAUSE)

    def _one(self) -> Message | str:
        """One capture to its end; why it ended."""
        try:
            stream = self.stream.open()
        except OSError as error:
            self.stream.ended()
            return error_reason(error, "the capture cannot be started")
        trouble: str | None = None
        try:
            with open_capture(self.name, stream) as self._capture:
                self.starts += 1
                self.capturing, self.message = True, ""
                for block in self._capture:
                    self.queue.put((self, block))
                trouble = self._capture.damage
        except NotACapture as error:
            trouble = None if self.stream.lasting else str(error)
        except OSError as error:
            trouble = error_reason(error, "reading failed")
        why = self.stream.ended()
        with self._lock:
            if self._capture is not None:
                ended, self._capture = self._capture, None
                received, dropped = self._before
                self._before = (received + (ended.received or 0), dropped + (ended.dropped or 0))
                self.link_types = list(dict.fromkeys([*self.link_types, *ended.link_types]))
        if trouble is not None and not self.stream.lasting:
            # Of a child that was killed half a packet may be left; of a stream that is all there is, the user must
            # know.
            self.damage = trouble
        return why

    def check(self) -> None:
        """To be called every second or so: a child that says nothing at all any more is ended, and so started again."""
        capture, now = self._capture, self.now()
        position = capture.position if capture is not None else -1
        if position != self._position or not self.capturing:
            self._position, self._moved = position, now
        elif self.stream.lasting and now - self._moved > SILENT and not self.queue.full():
            self._moved = now
            self.stream.stop()

    def links(self) -> list[str]:
        """Names of the link types seen."""
        capture = self._capture
        current = capture.link_types if capture is not None else []
        return list(dict.fromkeys([*self.link_types, *current]))


def _ended(message_id: str, why: Message | str) -> Message:
    return Message(message_id, {"why": why.data if isinstance(why, Message) else why})
