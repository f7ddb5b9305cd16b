"""Checks of others' scripts that pry: those that take the browser's fingerprint, and those that send on what is typed and not submitted."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import host
from auditor.model.words import Certainty, Severity

# Fraud prevention, CAPTCHAs and payment do it for the shop, and the platform's own scripts are none of the shop's choice.
_MEANT = frozenset({"security", "payment"})
_PLATFORMS = frozenset({"shopify-cdn", "shopify-analytics", "bigcommerce-cdn"})
_HOW = {
    "canvas": "draws text unseen and reads the picture back",
    "fonts": "measures a text in dozens of fonts",
    "audio": "renders a tone unheard",
}
_FIELDS = {"password": "the password", "card": "the card's number", "email": "the mail address"}
_SECRET = frozenset({"password", "card"})


@check(needs={"fingerprints"})
def no_fingerprint_taken(snapshot: Snapshot) -> Iterator[Observation]:
    """No script of others tells browsers apart by how they draw, measure fonts or sound; what for nobody can see, so it is for review.

    The shop's own scripts, payment, fraud prevention, CAPTCHAs and the platform's scripts may.
    """
    found: dict[str, dict[str, str]] = {}
    for one in snapshot.fingerprints.items:
        if one.script and not snapshot.site.owns(one.script) and not _meant(one.script):
            found.setdefault(host(one.script), {}).setdefault(one.how, one.script)
    for name, ways in sorted(found.items()):
        how = " and ".join(_HOW.get(way, way) for way in sorted(ways))
        excerpts = (Excerpt("script", script[:300], where=way) for way, script in sorted(ways.items()))
        yield failed(name, *excerpts, host=name, how=how)


@check(needs={"typed"})
def nothing_typed_is_overheard(snapshot: Snapshot) -> Iterator[Observation]:
    """What is typed into a login or a till is sent to no others before it is submitted; tried behind a closed gate, so nothing left.

    Payment, fraud prevention and hosts that the config lists for the page type may. A mail address may be asked about for the shop (is
    it spelt right): likely only.
    """
    typed = snapshot.typed
    if not typed.fields:
        yield inapplicable(typed.skipped or "no password and no card number is typed here")
        return
    allowed = snapshot.site.allowed_hosts.get(snapshot.page_type, ())
    heard = [one for one in typed.heard if not _meant(one.url) and not _listed(host(one.url), allowed)]
    for one in heard:
        secret = one.field in _SECRET
        yield failed(
            f"{one.field} {host(one.url)}",
            Excerpt("request", one.url, where=one.form),
            certainty=None if secret else Certainty.LIKELY,
            severity=None if secret else Severity.SERIOUS,
            field=_FIELDS.get(one.field, one.field),
            host=host(one.url),
            form=one.form,
        )
    for name in typed.unread:
        if (
            name not in {host(one.url) for one in heard}
            and not _meant(f"https://{name}/")
            and not _listed(name, allowed)
        ):
            yield cant_tell("something was sent while fields were filled in, and this browser does not tell what", name)


def _listed(name: str, allowed: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in allowed)


def _meant(url: str) -> bool:
    row = vendors.load().serving(url)
    return row is not None and (row.category in _MEANT or row.id in _PLATFORMS)
