"""Asks the shop, once a run, for what the store plans: its own search, addresses that it gave to no page, and what led to pages that are gone."""

from __future__ import annotations

from auditor.config.config import Crawl
from auditor.crawl import process
from auditor.crawl.settings import CrawlSettings
from auditor.crawl.supervise import StopSign
from auditor.evidence.planned import Plan
from auditor.evidence.site_search import SiteSearch
from auditor.evidence.wrong_addresses import WrongAddresses
from auditor.facts.snapshot import SiteContext
from auditor.model.run import Run
from auditor.store import link_sources, probes, searched, wrong_addresses
from auditor.store.workspace import Workspace


def wanted(crawl: Crawl) -> bool:
    """Whether the config wants any of it."""
    return bool(crawl.searches or crawl.wrong_addresses)


def ask_sources(workspace: Workspace, run: Run, settings: CrawlSettings, most: int, stop: StopSign) -> str:
    """Asks once more for pages and sitemaps that led to what is gone; returns why not for all, if so."""
    with workspace.read() as connection:
        plan = link_sources.planned(connection, run.id, most)
    if not any(one.open for one in plan.asked):
        return ""
    with workspace.write() as connection:
        probes.put_plan(connection, run.id, plan)
    trouble = process.ask_planned(workspace.folder, run.id, settings, stop=stop)
    return f"not every page that led to what is gone was looked at once more: {trouble}" if trouble else ""


def ask(
    workspace: Workspace, run: Run, site: SiteContext, settings: CrawlSettings, crawl: Crawl, stop: StopSign
) -> str:
    """Returns why not all that was planned was asked for, if so."""
    plans: list[Plan] = []
    new: list[Plan] = []
    with workspace.read() as connection:
        if crawl.searches:
            search = probes.plan(connection, run.id, SiteSearch)
            plans.append(search or searched.planned(connection, run.id, site, crawl.searches))
            new += [] if search else plans[-1:]
        if crawl.wrong_addresses:
            wrong = probes.plan(connection, run.id, WrongAddresses)
            plans.append(wrong or wrong_addresses.planned(connection, run.id, site))
            new += [] if wrong else plans[-1:]
    if new:
        with workspace.write() as connection:
            for one in new:
                probes.put_plan(connection, run.id, one)
    if not any(one.open for plan in plans for one in plan.asked):
        return ""
    trouble = process.ask_planned(workspace.folder, run.id, settings, stop=stop)
    return f"not all was asked for that was planned beside the pages: {trouble}" if trouble else ""
