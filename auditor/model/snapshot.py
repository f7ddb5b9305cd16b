"""A snapshot is a page as one client saw it; its key says which page, which client, in which state."""

from __future__ import annotations

from urllib.parse import unquote

import msgspec

HTTP = "http"


class Client(msgspec.Struct, frozen=True, order=True):
    """Who looked: the crawler (`http`) or a browser on a device (`chromium/phone`)."""

    browser: str = HTTP
    device: str = ""

    @property
    def is_browser(self) -> bool:
        return self.browser != HTTP

    def __str__(self) -> str:
        return f"{self.browser}/{self.device}" if self.is_browser else HTTP

    @classmethod
    def parse(cls, text: str) -> Client:
        browser, _, device = text.partition("/")
        return cls(browser, device)


class State(msgspec.Struct, frozen=True, order=True):
    """In which state the page was asked for; the defaults are a first visit with the consent banner as found."""

    consent: str = "none"  # none | reject | accept
    gpc: bool = False
    market: str = ""
    login: str = ""
    theme: str = ""

    def __str__(self) -> str:
        """`consent=none` or `consent=reject,gpc,market=DE`: only what differs from the default follows the consent."""
        parts = [f"consent={self.consent}"]
        if self.gpc:
            parts.append("gpc")
        parts += [f"{name}={_quoted(value)}" for name in ("market", "login", "theme") if (value := getattr(self, name))]
        return ",".join(parts)

    @property
    def answer(self) -> str:
        """What the visitor said about tracking: none, reject, accept, gpc or gpc-accept."""
        if self.gpc:
            return "gpc" if self.consent == "none" else f"gpc-{self.consent}"
        return self.consent

    @classmethod
    def parse(cls, text: str) -> State:
        fields: dict[str, str | bool] = {}
        for part in filter(None, text.split(",")):
            name, _, value = part.partition("=")
            fields[name] = unquote(value) if name != "gpc" else True
        return msgspec.convert(fields, cls)


def _quoted(value: str) -> str:
    """Names come from configs; what parts the fields is encoded in them."""
    return value.replace("%", "%25").replace(",", "%2C")


class SnapshotKey(msgspec.Struct, frozen=True, order=True):
    """Names one snapshot inside a run. `page` is the page key, `step` a journey's step, `repeat` counts further looks at it."""

    page: str
    client: Client = Client()
    state: State = State()
    step: str = ""
    repeat: int = 0

    def __str__(self) -> str:
        tail = [part for part in (self.step, str(self.repeat) if self.repeat else "") if part]
        return " ".join([self.page, str(self.client), str(self.state), *tail])
