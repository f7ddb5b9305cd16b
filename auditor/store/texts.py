"""Long texts by content hash, compressed: those that every night has in common are kept once."""

from __future__ import annotations

import hashlib

import zstandard
from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from auditor.store import documents
from auditor.store.schema import texts


def put(connection: Connection, text: str) -> str:
    """Keeps the text; returns its hash."""
    digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    if connection.execute(select(texts.c.hash).where(texts.c.hash == digest)).first() is None:
        packed = zstandard.ZstdCompressor(level=9).compress(text.encode())
        connection.execute(insert(texts).values(hash=digest, text=packed).on_conflict_do_nothing())
    return digest


def get(connection: Connection, digest: str) -> str:
    """Raises NoResultFound for a hash that is not there."""
    return documents.unpack(
        connection.execute(select(texts.c.text).where(texts.c.hash == digest)).scalar_one()
    ).decode()
