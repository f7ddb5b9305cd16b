"""The storefront as a process of its own, built once and ended with the tests."""

from __future__ import annotations

import importlib.util
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
_PATIENCE = 240.0  # seconds that building may take on a busy machine
# What nobody but a shopper may bring into being
_SHOPPERS = ("basket_basket", "basket_line", "order_order", "customer_productalert", "wishlists_wishlist", "reviews_vote")  # fmt: skip


class Storefront(NamedTuple):
    """`folder` has the database, the pictures and the log of requests."""

    url: str
    folder: Path

    def requests(self) -> list[tuple[str, str, int]]:
        """Method, path and status of each, in the order of their answers."""
        found = []
        for line in (self.folder / "requests.log").read_text(encoding="utf-8").splitlines():
            method, _, rest = line.partition(" ")
            path, _, status = rest.rpartition(" ")
            found.append((method, path, int(status)))
        return found

    def left_behind(self) -> dict[str, int]:
        """Rows of the tables that only shoppers fill; those with any."""
        with closing(sqlite3.connect(f"file:{self.folder / 'shop.sqlite3'}?mode=ro", uri=True)) as connection:
            counts = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in _SHOPPERS}
        return {name: count for name, count in counts.items() if count}


@pytest.fixture(scope="session")
def storefront(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storefront]:
    if importlib.util.find_spec("oscar") is None:
        pytest.fail("django-oscar is needed: pip install --group storefront")
    folder = tmp_path_factory.mktemp("storefront")
    with (
        (folder / "errors.log").open("w", encoding="utf-8") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "tests.storefront.serve", str(folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        hurry = threading.Timer(_PATIENCE, process.kill)
        hurry.start()
        try:
            assert process.stdout
            port = process.stdout.readline().strip()
            hurry.cancel()
            assert port.isdigit(), (folder / "errors.log").read_text(encoding="utf-8")[-3_000:]
            yield Storefront(f"http://127.0.0.1:{port}/", folder)
        finally:
            hurry.cancel()
            process.kill()
