"""`auditor page`: one page, an answer in seconds."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.cli import options
from auditor.cli.auditing import finish, opened, watched


def page(
    url: Annotated[str, typer.Argument(help="The page's address.")],
    workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE,
    browsers: options.BrowsersOption = None,
    devices: options.DevicesOption = None,
    config: Annotated[
        str | None, typer.Option("--config", help="Config of the shop (market, access, expected tags).")
    ] = None,
    fail_on: options.FailOnOption = None,
    certainty: options.CertaintyOption = None,
    environment: options.EnvironmentOption = None,
    deliver_beacons: options.DeliverOption = False,
    plain: options.PlainOption = False,
) -> None:
    """Fetch and render one page, judge it, and show what is wrong. Its links are not followed."""
    from auditor.crawl import standby
    from auditor.render import ENTRY
    from auditor.workers import standby as workers

    # their libraries load while ours do
    with standby.ahead(), workers.ahead(ENTRY, 1):
        from auditor.config.config import load
        from auditor.model.errors import UsageError
        from auditor.model.urls import host
        from auditor.pipeline import Audit, refuse_unsafe

        load(url)  # the address is checked before anything else is read
        flags = options.overrides(
            browsers=browsers,
            devices=devices,
            fail_on=fail_on,
            certainty=certainty,
            environment=environment,
            deliver_beacons=deliver_beacons,
            site__url=url,
            crawl__max_pages=1,
            crawl__follow_links=False,
            crawl__sitemaps=False,
            consent=None if config else ["none"],  # an answer in seconds; a config may ask for more
        )
        chosen = load(config or url, flags)
        if config and host(url) != host(load(config, options.overrides(environment=environment)).site.url):
            raise UsageError(
                f"this page is not on the site of {config}", where=url, hint="Its secrets are for that site only."
            )
        refuse_unsafe(url)
        with workers.ahead(ENTRY, min(len(chosen.render.browsers), 2) - 1), opened(workspace) as store:
            audit = Audit.begin(chosen, store, unwritten=config is None)
            finish(watched(audit, plain, audit.go), workspace, one_page=True)
