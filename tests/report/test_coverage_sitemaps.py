"""What coverage says of sitemaps that are longer than what is read of them."""

from __future__ import annotations

from pathlib import Path

from auditor.model.query import SITEMAP_CUT, SITEMAP_UNREAD
from auditor.report.coverage import unread_sitemaps
from auditor.store import frontier
from auditor.store.frontier import Found
from tests.store.kit import SHOP, begin, fetch, new_workspace, response


def test_those_cut_and_those_left_alone_are_counted(tmp_path: Path) -> None:
    with new_workspace(tmp_path) as workspace:
        run = begin(workspace)
        for name, reason in (("whole", ""), ("long", f"{SITEMAP_CUT} 100,000 addresses, for it is too long")):
            url = f"{SHOP}/{name}.xml"
            fetch(workspace, run, f"/{name}.xml", "<urlset/>", kind="sitemap", answer=response(url, reason=reason))
        left = Found(
            key=f"{SHOP}/left.xml", url=f"{SHOP}/left.xml", kind="sitemap", reason=f"{SITEMAP_UNREAD}: too many"
        )
        with workspace.write() as connection:
            frontier.add(connection, run.id, [left])
        with workspace.read() as connection:
            assert unread_sitemaps(connection, run.id) == 2
