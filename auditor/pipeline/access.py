"""Access before, during and after a crawl: is what opens the shop still good, and does it open it."""

from __future__ import annotations

from typing import Any

from auditor.config import signature
from auditor.config.config import Config
from auditor.config.session import Cookie, session_of
from auditor.crawl.settings import CrawlSettings
from auditor.crawl.supervise import StopSign
from auditor.crawl.unlock import still_signed_in, unlock
from auditor.model.errors import UsageError
from auditor.model.run import Run
from auditor.store import probes
from auditor.store.workspace import Workspace


def check(config: Config) -> None:
    """Raises UsageError, before the first request, where something in `access` cannot be used or has run out."""
    session_of(config.access, config.site.url)
    if config.access.signature:
        over, words = signature.trouble(config.access.signature.input.get_secret_value())
        if over:
            raise UsageError(
                words, hint="Make a new one in the shop's admin: Online Store > Preferences > Crawler access."
            )


def warnings(config: Config) -> list[str]:
    """What in `access` will soon run out."""
    told = signature.trouble(config.access.signature.input.get_secret_value())[1] if config.access.signature else ""
    return [told] if told else []


def stored(config: Config) -> dict[str, Any]:
    """What a run remembers of its access: no secret, but that there were some."""
    return {"access": config.access.secret, "protected": config.access.closed}


class Key:
    """Opens the shop once for this process; holds the cookies that came of it, in memory only."""

    def __init__(self, workspace: Workspace, run: Run) -> None:
        self._workspace, self._run = workspace, run
        self._turned = False
        self.cookies: tuple[Cookie, ...] = ()

    def turn(self, settings: CrawlSettings, stop: StopSign) -> str:
        """Opens the shop where the config says how; returns why it is not open, else nothing."""
        if self._turned:
            return ""
        opened = unlock(settings, stop=stop)
        if opened.sent:
            with self._workspace.write() as connection:
                probes.put_sent(connection, self._run.id, opened.sent)
        self.cookies, self._turned = opened.cookies, not opened.trouble
        return opened.trouble

    def lost(self, settings: CrawlSettings, stop: StopSign) -> str:
        """Why what was gathered may be a stranger's view: the login ran out meanwhile."""
        trouble = still_signed_in(settings, stop=stop)
        return f"at the end of the crawl {trouble}" if trouble else ""
