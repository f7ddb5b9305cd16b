"""`auditor demo`: a small shop that comes with auditor, audited from end to end."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.cli import options, terminal
from auditor.cli.auditing import finish, opened, watched

if TYPE_CHECKING:
    from auditor.demo import DemoShop


def demo(
    workspace: options.WorkspaceOption = options.DEFAULT_WORKSPACE,
    clean: Annotated[bool, typer.Option("--clean", help="The shop without its faults.")] = False,
    serve: Annotated[
        bool, typer.Option("--serve", help="Only serve the shop, for you to look at, until Ctrl-C.")
    ] = False,
    port: Annotated[int, typer.Option("--port", help="Port to serve on; 0 takes a free one.", min=0, max=65535)] = 0,
    browsers: options.BrowsersOption = None,
    devices: options.DevicesOption = None,
    fail_on: options.FailOnOption = None,
    plain: options.PlainOption = False,
) -> None:
    """Audit a small storefront on this machine that has faults put in on purpose, in the browsers that are found."""
    from auditor.demo import DemoShop
    from auditor.demo.config import config_of

    with _opened(DemoShop(clean=clean, port=port), port) as shop:
        out = terminal.output()
        if serve:
            import threading

            out.print(f"The shop is open at {shop.url} (Ctrl-C closes it)", markup=False)
            threading.Event().wait()
            return
        from auditor.config.config import Config
        from auditor.model.written import Source
        from auditor.pipeline import Audit
        from auditor.render.browsers import available

        asked = options.overrides(browsers=browsers, devices=devices, fail_on=fail_on)
        chosen = asked["render.browsers"] if "render.browsers" in asked else available() or ["chromium"]
        data = config_of(shop.url, chosen) | {"timing": {"repeats": 3}}
        if "render.devices" in asked:
            data["render"]["devices"] = asked["render.devices"]
        if "gate.fail_on" in asked:
            data["gate"] = {"fail_on": asked["gate.fail_on"]}
        source = Source("command line", "{}")
        for flag in asked:
            source.said_by_flag(flag)
        config = source.load(Config, data)
        with opened(workspace) as store:
            audit = Audit.begin(config, store)
            outcome = watched(audit, plain, audit.go)
            out.print(f"Carts of the demo shop: {shop.carts}. State changes: {shop.cart_changes}.", markup=False)
            finish(outcome, workspace)


@contextmanager
def _opened(shop: DemoShop, port: int) -> Iterator[DemoShop]:
    from auditor.model.errors import UsageError

    try:
        shop.start()
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        what = "is taken by another program" if error.errno == errno.EADDRINUSE else "may not be opened by this user"
        raise UsageError(f"--port: port {port} {what}", hint="Name another one, or leave it out.") from None
    with shop:
        yield shop
