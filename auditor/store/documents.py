"""Bodies by content hash, compressed, in the database so that they are atomic with their page."""

from __future__ import annotations

import hashlib
import threading

import zstandard
from sqlalchemy import Connection, bindparam, select
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


# Put together once: the crawl asks for them with every page, and making them takes longer than the database does.
_KNOWN = select(documents.c.hash).where(documents.c.hash == bindparam("b_hash"))
_BODY = select(documents.c.body).where(documents.c.hash == bindparam("b_hash"))
_PUT = insert(documents).on_conflict_do_nothing()


def put(connection: Connection, body: bytes) -> str:
    """Keeps the body; returns its hash. A body known already costs nothing more."""
    digest = hashlib.sha256(body).hexdigest()
    if connection.execute(_KNOWN, {"b_hash": digest}).first() is None:
        connection.execute(_PUT, {"hash": digest, "body": pack(body), "size": len(body)})
    return digest


def get(connection: Connection, digest: str) -> bytes:
    """Raises KeyError for a hash that is not there."""
    row = connection.execute(_BODY, {"b_hash": digest}).first()
    if row is None:
        raise KeyError(digest)
    return unpack(row.body)
