from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from auditor.store.workspace import Workspace
from tests.crawl.kit import Crawled


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
