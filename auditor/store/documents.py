"""Bodies by content hash, compressed, in the database so that they are atomic with their page."""

from __future__ import annotations

import hashlib
import threading

import zstandard
from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from auditor.store.schema import documents

_local = threading.local()  # zstandard contexts are not for several threads at once


def pack(data: bytes) -> bytes:
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=3)
    return _local.compressor.compress(data)  # type: ignore[no-any-return]


def unpack(data: bytes) -> bytes:
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    return _local.decompressor.decompress(data)  # type: ignore[no-any-return]


def put(connection: Connection, body: bytes) -> str:
    """Keeps the body; returns its hash. A body known already costs nothing more."""
    digest = hashlib.sha256(body).hexdigest()
    known = connection.execute(select(documents.c.hash).where(documents.c.hash == digest)).first()
    if known is None:
        connection.execute(
            insert(documents).values(hash=digest, body=pack(body), size=len(body)).on_conflict_do_nothing()
        )
    return digest


def get(connection: Connection, digest: str) -> bytes:
    """Raises KeyError for a hash that is not there."""
    row = connection.execute(select(documents.c.body).where(documents.c.hash == digest)).first()
    if row is None:
        raise KeyError(digest)
    return unpack(row.body)
