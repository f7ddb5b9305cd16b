"""What a render worker is asked for, and what it gives back: plain data, so that it crosses processes and machines."""

from __future__ import annotations

import msgspec

from auditor.config.devices import Device
from auditor.config.session import Session
from auditor.evidence.bundle import Bundle
from auditor.model.snapshot import SnapshotKey
from auditor.model.words import FetchOutcome


class RenderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The same for all tasks of a run; handed to each worker once."""

    files: str  # folder where pictures go, by content hash
    site_hosts: tuple[str, ...]  # host or host:port of the shop itself: first party
    executables: dict[str, str] = {}  # browser -> path, from the config
    browser_args: tuple[str, ...] = ()
    warm: str = ""  # a browser to start before the first task
    at_once: int = 1  # snapshots of one page that a worker takes beside each other, each in a browser of its own
    locale: str = "en-US"
    timezone: str = ""
    token: str = ""  # stands at the end of each browser's normal user agent
    deliver_beacons: bool = False
    collectors: tuple[tuple[str, str], ...] = ()  # vendor id and URL of collection endpoints that only this shop has
    resolve: dict[str, str] = {}  # "host:port" or "host" -> "address:port" the wall connects to instead of asking DNS
    controls: tuple[str, ...] = ()  # names that surely exist, looked up before another is said not to
    ignore_tls_errors: bool = False
    session: Session = Session()  # secret, to its origins only
    navigation_timeout_ms: int = 30_000
    quiet_ms: int = 500  # no request under way for this long: the page is quiet
    settle_timeout_ms: int = 10_000  # give up waiting for quiet
    watch_ms: int = 2_500  # least time requests are watched after navigation, for late tags
    snapshot_timeout_ms: int = 90_000  # all collectors together
    page_height: int = 6_000  # CSS pixels a full-page picture is clipped to
    recycle_after: int = 60  # snapshots after which a browser is started afresh
    axe_tags: tuple[str, ...] = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")


class RenderTask(msgspec.Struct, frozen=True, kw_only=True):
    """One snapshot to take. `collectors` are kinds of evidence (evidence.bundle.KINDS) besides visit and document."""

    key: SnapshotKey
    url: str  # as written; key.page is its identity
    device: Device
    collectors: frozenset[str]
    measured: bool = False  # a load for its times alone: nothing is scrolled, nothing watched
    repeats: int = 1  # of a measured load


class RenderResult(msgspec.Struct, kw_only=True):
    """A snapshot, or why there is none (`outcome` not ok). `html` is the rendered document, empty where there is none."""

    key: SnapshotKey
    url: str
    outcome: FetchOutcome
    reason: str = ""
    html: str = ""
    bundle: Bundle = msgspec.field(default_factory=Bundle)
    worker: str = ""  # for finding the culprit
