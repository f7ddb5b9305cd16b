"""Pages of the demo shop that are mostly words: content, login, checkout and "not found"."""

import tomllib
from dataclasses import dataclass
from functools import cache

from auditor.demo import markup
from auditor.demo.frame import NOTHING, Page, Visit
from auditor.demo.templates import SITE, Html, fill, form, join

# The shop tries two consent banners out: one of a known maker, and one of its own.
BANNERS = {"/pages/privacy": "banner-klaro.html", "/pages/stockists": "banner-own.html"}


@dataclass(frozen=True, slots=True)
class Text:
    """A content page as site/pages.toml lists it."""

    path: str
    file: str
    name: str
    title: str
    description: str


@cache
def texts() -> dict[str, Text]:
    """All content pages by their path."""
    rows = tomllib.loads((SITE / "pages.toml").read_text(encoding="utf-8"))["page"]
    return {row["path"]: Text(**row) for row in rows}


def content(visit: Visit, text: Text, extra: Html) -> Page:
    """A content page; `extra` stands at its end."""
    crumbs = [("Home", "/"), (text.name, text.path)]
    blocks = [markup.breadcrumbs(visit.origin, crumbs)]
    if text.file == "faq.html":
        blocks.append(markup.answers())
    if text.path.startswith("/journal/"):
        blocks.append(markup.article(visit.origin, text.name, text.path))
    answers = [form('<h2 id="{id}">{ask}</h2>\n<p>{answer}</p>', **entry) for entry in markup.questions()]
    sent = Html('<p class="told" role="status">Thank you. This is a demo, so nobody will answer.</p>')
    return Page(
        path=text.path,
        title=text.title,
        description=text.description,
        body=fill(
            "templates/content.html",
            name=text.name,
            told=sent if "sent" in visit.query else NOTHING,
            text=fill(f"content/{text.file}", extra=extra, answers=join(answers)),
        ),
        crumbs=crumbs,
        blocks=blocks,
        wide=False,
        kind="article" if text.path.startswith("/journal/") else "website",
        banner=BANNERS.get(text.path, ""),
    )


def login(visit: Visit) -> Page:
    """The login page, which lets nobody in."""
    refused = Html('<p class="told" role="alert">The demo shop has no accounts, so nobody can log in.</p>')
    return Page(
        path="/login",
        title="Log in to your account | Lantern & Loom",
        description="Log in to see your orders, addresses and repairs. The demo has no accounts.",
        body=fill("templates/login.html", told=refused if "failed" in visit.query else NOTHING),
        crumbs=[("Home", "/"), ("Log in", "/login")],
        noindex=True,
        wide=False,
    )


def checkout() -> Page:
    """Where the demo ends."""
    return Page(
        path="/checkout",
        title="The demo ends here | Lantern & Loom",
        description="This is a demonstration shop: it takes no orders, so the checkout ends here.",
        body=fill("templates/checkout.html"),
        crumbs=[("Home", "/"), ("Cart", "/cart"), ("Checkout", "/checkout")],
        noindex=True,
        wide=False,
    )


def not_found() -> Page:
    """The page that goes with status 404; it has no canonical address."""
    return Page(
        path="",
        title="Page not found | Lantern & Loom",
        description="There is no page at this address. Search the shop or go back to the home page.",
        body=fill("templates/not-found.html"),
        noindex=True,
        wide=False,
    )
