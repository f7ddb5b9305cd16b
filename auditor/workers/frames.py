"""How messages are framed between the pool and a worker: one byte of kind, eight of length, the body."""

from __future__ import annotations

import os
import socket
import struct
from typing import NamedTuple

HEADER = struct.Struct("!BQ")
SECONDS = struct.Struct("!d")  # begins the body of DONE and BUG
LONGEST = 2 << 30  # bytes; more is a broken worker, not a message
AT_ONCE = 1 << 20  # bytes read or written at a time

START, TASK, CLOSE, REST = 1, 2, 3, 4  # to the worker: settings, a payload, nothing, nothing
# From it: nothing, what + NUL + hint, seconds + answer, seconds + traceback, nothing
READY, BROKEN, DONE, BUG, RESTED = 11, 12, 13, 14, 15


class Frame(NamedTuple):
    kind: int
    body: bytes


class FrameError(Exception):
    """What came is no frame of ours."""


def header(kind: int, length: int) -> bytes:
    return HEADER.pack(kind, length)


def send(channel: int, kind: int, *parts: bytes) -> None:
    """Write one frame, blocking; the parts make its body."""
    for part in (header(kind, sum(map(len, parts))), *parts):
        view = memoryview(part)
        while view:
            view = view[os.write(channel, view[:AT_ONCE]) :]


def receive(channel: int) -> Frame | None:
    """Read one frame, blocking; None where the pool has gone."""
    head = _read(channel, HEADER.size)
    if head is None:
        return None
    kind, length = HEADER.unpack(head)
    body = _read(channel, length)
    return None if body is None else Frame(kind, body)


def _read(channel: int, length: int) -> bytes | None:
    into = bytearray()
    while len(into) < length:
        try:
            chunk = os.read(channel, min(AT_ONCE, length - len(into)))
        except ConnectionError:
            return None
        if not chunk:
            return None
        into += chunk
    return bytes(into)


class Incoming:
    """Frames put together from a socket that doesn't block."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._want = HEADER.size
        self._kind: int | None = None  # known once its header is read

    @property
    def begun(self) -> bool:
        """Whether part of a frame has come."""
        return self._kind is not None or bool(self._buffer)

    def take(self, channel: socket.socket) -> tuple[list[Frame], bool]:
        """All frames that are there, and whether the other end is still open."""
        frames: list[Frame] = []
        while True:
            try:
                chunk = channel.recv(min(AT_ONCE, self._want - len(self._buffer)))
            except (BlockingIOError, InterruptedError):
                return frames, True
            except ConnectionError:
                return frames, False
            if not chunk:
                return frames, False
            self._buffer += chunk
            if len(self._buffer) == self._want:
                self._advance(frames)

    def _advance(self, frames: list[Frame]) -> None:
        if self._kind is None:
            self._kind, self._want = HEADER.unpack(self._buffer)
            if self._want > LONGEST:
                raise FrameError(f"a frame of {self._want} bytes")
            self._buffer = bytearray()
            if self._want:
                return
        frames.append(Frame(self._kind, bytes(self._buffer)))
        self._buffer, self._want, self._kind = bytearray(), HEADER.size, None
