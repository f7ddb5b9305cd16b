"""Answers as rows of `pages` keep them: by what sets each apart from a sample of its shape, since a shop's headers repeat on every page."""

from __future__ import annotations

import hashlib
import threading
from functools import lru_cache
from weakref import WeakKeyDictionary

import msgspec
import zstandard
from sqlalchemy import Connection, Engine, bindparam, func, insert, select

from auditor.evidence.http import Response
from auditor.store.schema import response_samples

_PACKED = b"\xc1"  # begins no msgpack
_MOST_SAMPLES = 250  # of a workspace; an answer of a shape without one is kept whole

_KNOWN = select(response_samples.c.id, response_samples.c.sample).where(
    response_samples.c.shape == bindparam("b_shape")
)
_SAMPLE = select(response_samples.c.sample).where(response_samples.c.id == bindparam("b_id"))
_one_at_a_time = threading.Lock()  # what is made for a sample serves one thread at a time
_by_shape: WeakKeyDictionary[Engine, dict[bytes, tuple[int, bytes]]] = WeakKeyDictionary()
_by_id: WeakKeyDictionary[Engine, dict[int, bytes]] = WeakKeyDictionary()


def pack(connection: Connection, response: Response) -> bytes:
    plain = msgspec.msgpack.encode(response)
    told = (response.outcome, response.status, bool(response.hops), [name for name, _ in response.headers])
    shape = hashlib.blake2b(msgspec.msgpack.encode(told), digest_size=8).digest()
    known = _by_shape.setdefault(connection.engine, {})
    if shape not in known:
        if (row := connection.execute(_KNOWN, {"b_shape": shape}).first()) is None:
            # of use from the next answer on: this one may yet be rolled back with its sample
            if connection.execute(select(func.count()).select_from(response_samples)).scalar_one() < _MOST_SAMPLES:
                connection.execute(insert(response_samples).values(shape=shape, sample=plain))
            return plain
        known[shape] = (row.id, row.sample)
    number, sample = known[shape]
    with _one_at_a_time:
        return _PACKED + number.to_bytes(2, "big") + _compressor(sample).compress(plain)


def unpack(connection: Connection, packed: bytes) -> Response:
    if not packed.startswith(_PACKED):
        return msgspec.msgpack.decode(packed, type=Response)
    number = int.from_bytes(packed[1:3], "big")
    known = _by_id.setdefault(connection.engine, {})
    if number not in known:
        known[number] = connection.execute(_SAMPLE, {"b_id": number}).scalar_one()
    with _one_at_a_time:
        plain = _decompressor(known[number]).decompress(packed[3:])
    return msgspec.msgpack.decode(plain, type=Response)


def _dictionary(sample: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(sample, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


@lru_cache(maxsize=300)
def _compressor(sample: bytes) -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=3, dict_data=_dictionary(sample), write_checksum=False)


@lru_cache(maxsize=300)
def _decompressor(sample: bytes) -> zstandard.ZstdDecompressor:
    return zstandard.ZstdDecompressor(dict_data=_dictionary(sample))
