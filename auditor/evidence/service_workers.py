"""Evidence of service workers: which the page wanted to register. The audit lets none run: their requests reach no recorder."""

from __future__ import annotations

import msgspec


class ServiceWorkers(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    supported: bool = False  # the page is on https or on this machine
    wanted: tuple[str, ...] = ()  # URLs of the scripts, in order
