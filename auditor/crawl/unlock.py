"""The parent's side of opening a shop that is closed: one child, once before the first page."""

from __future__ import annotations

import msgspec

from auditor.crawl.job import Crashed, Job, Opened
from auditor.crawl.settings import CrawlSettings
from auditor.crawl.supervise import StopSign, run_child
from auditor.model.errors import IncompleteError


def unlock(settings: CrawlSettings, *, stop: StopSign | None = None) -> Opened:
    """Sends the storefront password where one is configured, then looks at the login's canary; raises IncompleteError if that broke."""
    return _ask(settings, stop) if settings.storefront or settings.canary else Opened()


def still_signed_in(settings: CrawlSettings, *, stop: StopSign | None = None) -> str:
    """Why the login of `settings.canary` no longer holds, empty where it does or none is configured."""
    if settings.canary is None:
        return ""
    return _ask(msgspec.structs.replace(settings, storefront=None), stop).trouble


def _ask(settings: CrawlSettings, stop: StopSign | None) -> Opened:
    message, why = run_child(Job(kind="open", settings=settings), lambda _: None, stop)
    if isinstance(message, Crashed):
        raise IncompleteError("the shop could not be opened", where=settings.start[0], hint=message.text)
    if not isinstance(message, Opened):
        return Opened(trouble=f"the shop could not be opened: {why or 'stopped'}")
    return message
