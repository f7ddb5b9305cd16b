"""Asks the shop's own search, once a run, for what the store plans."""

from __future__ import annotations

from auditor.crawl import process
from auditor.crawl.settings import CrawlSettings
from auditor.crawl.supervise import StopSign
from auditor.facts.snapshot import SiteContext
from auditor.model.run import Run
from auditor.store import probes, searched
from auditor.store.workspace import Workspace


def ask(workspace: Workspace, run: Run, site: SiteContext, settings: CrawlSettings, most: int, stop: StopSign) -> str:
    """At most so many products are searched for. Returns why not all that was planned was asked for, if so."""
    with workspace.read() as connection:
        known = probes.search(connection, run.id)
        plan = known or searched.planned(connection, run.id, site, most)
    if known is None:
        with workspace.write() as connection:
            probes.put_search(connection, run.id, plan)
    if all(one.outcome is not None or one.reason for one in plan.searches):
        return ""
    trouble = process.ask_search(workspace.folder, run.id, settings, stop=stop)
    return f"the shop's search was not asked for everything: {trouble}" if trouble else ""
