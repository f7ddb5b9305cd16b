from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext

import pytest

from auditor.crawl import standby
from auditor.store.workspace import Workspace
from tests.crawl.kit import Crawled


@pytest.fixture(scope="module", autouse=True)
def one_crawl_process(request: pytest.FixtureRequest) -> Iterator[None]:
    """Jobs of a module have one crawl process, as those of an audit: loading Scrapy takes longer than most tests."""
    with nullcontext() if request.module.__name__.endswith("test_standby") else standby.kept():
        yield


@pytest.fixture(scope="module")
def new_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Crawled]]:
    opened: list[Workspace] = []

    def make(start: str) -> Crawled:
        workspace = Workspace.open(tmp_path_factory.mktemp("workspace"))
        opened.append(workspace)
        return Crawled(workspace, start)

    yield make
    for workspace in opened:
        workspace.close()
