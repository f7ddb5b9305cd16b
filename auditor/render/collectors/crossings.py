"""Collects whether a link to the checkout on another domain hands the visitor on. Behind the closed gate: the mouse goes down on it and up elsewhere.

gtag and Tag Manager put `_gl` into the address when the mouse goes down: https://support.google.com/analytics/answer/10071811
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import msgspec

from auditor.evidence.crossings import Crossing, Crossings
from auditor.render.collectors.look import Look, Question

_MOST = 2
# Where hosted platforms keep the checkouts of shops whose pages stand elsewhere
HOSTS = ("myshopify.com", "checkout.shopify.com", "mybigcommerce.com", "ecwid.com", "foxycart.com", "bigcartel.com", "square.site")  # fmt: skip
QUESTION: Question = ("crossings", {"cap": _MOST, "hosts": HOSTS})
_LINKERS = frozenset({"_gl", "_ga", "pk_vid", "mtm_vid", "adobe_mc"})
_PLACE = """(at) => {
  const link = window[Symbol.for('auditor.crossings')][at];
  addEventListener('dragstart', (event) => event.preventDefault(), {capture: true});
  link.scrollIntoView({block: 'center'});
  const box = link.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
  return link.contains(document.elementFromPoint(x, y)) ? [x, y] : null;
}"""
_READ = "(at) => window[Symbol.for('auditor.crossings')][at].href"


class _Links(msgspec.Struct):
    urls: list[str]


def collect(look: Look) -> Crossings:
    urls = look.ask(*QUESTION, _Links).urls
    return Crossings(tuple(_pressed(look, at, url) for at, url in enumerate(urls[:_MOST])))


def _pressed(look: Look, at: int, url: str) -> Crossing:
    bare = url.partition("?")[0][:300]
    place = look.tab.evaluate(_PLACE, at)
    if not (isinstance(place, list) and len(place) == 2):
        return Crossing(bare)
    look.tab.mouse.move(*place)
    look.tab.mouse.down()
    address = str(look.tab.evaluate(_READ, at))
    look.tab.mouse.move(0, 0)
    look.tab.mouse.up()
    given = {name for name, _ in parse_qsl(urlsplit(address).query)}
    return Crossing(bare, pressed=True, handed=bool(given & _LINKERS) or "_gl=" in urlsplit(address).fragment)
