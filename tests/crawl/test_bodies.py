import gzip
import zlib

import pytest

from auditor.crawl.bodies import inflate

TEXT = b"<p>hello</p>" * 1000


def raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("data", "encodings"),
    [
        (TEXT, []),
        (TEXT, ["", "identity"]),
        (gzip.compress(TEXT), ["gzip"]),
        (gzip.compress(TEXT), ["X-GZIP "]),
        (zlib.compress(TEXT), ["deflate"]),
        (raw(TEXT), ["deflate"]),
        (gzip.compress(gzip.compress(TEXT)), ["gzip", "gzip"]),
        (gzip.compress(TEXT[:5000]) + gzip.compress(TEXT[5000:]), ["gzip"]),
        (gzip.compress(TEXT) + b"\0\0trailing", ["gzip"]),
        (TEXT, ["gzip"]),
    ],
    # gzip writes the time into its head, so that ids made of the data would differ between workers
    ids=[
        "plain",
        "identity",
        "gzip",
        "x-gzip",
        "zlib",
        "deflate",
        "twice",
        "members",
        "trailing",
        "a header that lies",
    ],
)
def test_every_encoding_gives_the_body_back(data: bytes, encodings: list[str]) -> None:
    plain = inflate(data, encodings, 1_000_000)
    assert (plain.body, plain.cut, plain.error) == (TEXT, False, "")


def test_a_body_over_the_cap_is_cut_there() -> None:
    assert inflate(TEXT, [], 100) == inflate(gzip.compress(TEXT), ["gzip"], 100)
    plain = inflate(gzip.compress(TEXT), ["gzip"], 100)
    assert (plain.body, plain.cut) == (TEXT[:100], True)


def test_a_bomb_stays_small() -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * 300_000_000))
    plain = inflate(bomb, ["gzip", "gzip"], 1_000_000)
    assert plain.cut
    assert len(plain.body) == 1_000_000


def test_what_a_damaged_or_short_body_held_is_kept() -> None:
    packed = gzip.compress(bytes(range(256)) * 4000)
    short = inflate(packed[:-200], ["gzip"], 10_000_000)
    damaged = inflate(packed[: len(packed) // 2] + b"\xff" * 500, ["gzip"], 10_000_000)
    assert "too early" in short.error
    assert short.body
    assert damaged.error


def test_an_encoding_nobody_asked_for_is_named() -> None:
    assert "br" in inflate(b"xx", ["br"], 100).error
