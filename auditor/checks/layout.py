"""Checks of layout on a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.checks.registry import check
from auditor.evidence.layout import Part
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.words import Certainty, Scope, Severity

_SLACK = 1  # CSS pixels that rounding makes
_SLIGHT = 10  # CSS pixels that nobody notices, though the page can be moved
CUTS = "can't be scrolled sideways and cuts words off"
_NAMES = {
    "add_to_cart": "the add-to-cart button",
    "price": "the price",
    "title": "the title",
    "image": "the picture",
    "search": "the search",
    "cart": "the cart",
    "menu": "the menu",
}
_SOLD = ("add_to_cart", "price")


@check(needs={"layout"})
def fits_sideways(snapshot: Snapshot, *, slack: int = _SLACK) -> Iterator[Observation]:
    """The page does not scroll sideways by more than `slack` CSS pixels. Tried by scrolling, not only measured.

    Where the page keeps itself from being moved, words that end beyond its edge are likely lost: a script may bring them in.
    """
    layout = snapshot.layout
    over = layout.page[0] - layout.viewport[0]
    if layout.cut:
        yield failed(
            layout.cut[0].label,
            *(Excerpt("cut off", one.html or one.label, where=one.selector, box=one.box) for one in layout.cut[:3]),
            certainty=Certainty.LIKELY,
            moves=CUTS,
            over=layout.cut_px,
            width=layout.viewport[0],
            culprit=layout.cut[0].label,
        )
        return
    if not layout.scrolls_sideways or max(over, layout.scrolled_px) <= slack:
        return
    culprits = layout.culprits[:3]
    yield failed(
        culprits[0].label if culprits else "page",
        *(
            Excerpt("sticks out", culprit.html or culprit.label, where=culprit.selector, box=culprit.box)
            for culprit in culprits
        ),
        severity=Severity.MINOR if max(over, layout.scrolled_px) < _SLIGHT else None,
        moves="scrolls sideways",
        over=max(over, layout.scrolled_px),
        width=layout.viewport[0],
        culprit=culprits[0].label if culprits else "an element that could not be named",
    )


@check(needs={"layout"})
def product_parts_free(snapshot: Snapshot) -> Iterator[Observation]:
    """Nothing stands in front of the main product's button, price, title and picture wherever the page is scrolled to.

    Tried with the browser's own hit test. A consent banner or a dialog waits for the shopper's answer and goes away with it:
    a person has to look. Beside the screen only button and price count, since headings are put there for screen readers.
    """
    parts = snapshot.layout.parts
    if not any(part.name in _SOLD for part in parts):
        yield inapplicable("no add-to-cart button or price of a main product was found")
        return
    groups: dict[str, list[Part]] = {}
    for part in parts:
        kind = part.cover.kind if part.cover else ""
        if part.state == "aside" and part.name in _SOLD:
            groups.setdefault("beside the screen", []).append(part)
        elif part.state == "covered" and part.cover and (kind != "overlap" or part.name in _SOLD):
            groups.setdefault(kind if kind in ("consent", "dialog") else part.cover.label, []).append(part)
    for target, members in groups.items():
        yield _unfree(target, members)


def _unfree(target: str, parts: list[Part]) -> Observation:
    first, cover = parts[0], parts[0].cover
    names = " and ".join(_NAMES.get(part.name, part.name) for part in parts)
    sells = any(part.name == "add_to_cart" for part in parts)
    severity, certainty = Severity.CRITICAL if sells else Severity.SERIOUS, None
    match cover.kind if cover else "":
        case "consent":
            how, severity, certainty = "the consent banner (as found)", Severity.MINOR, Certainty.NEEDS_REVIEW
        case "dialog":
            how, severity, certainty = "a dialog that is open at first", Severity.MODERATE, Certainty.NEEDS_REVIEW
        case "":
            how, certainty = "", Certainty.LIKELY
        case kind:
            how = cover.label if cover else ""
            certainty = Certainty.LIKELY if kind == "overlap" or not all(part.sure for part in parts) else None
    excerpts = [Excerpt(part.name.replace("_", " "), part.text, where=part.selector, box=part.box) for part in parts]
    if cover:
        excerpts.append(Excerpt("covered by", cover.words or cover.html, where=cover.selector))
    return failed(
        f"{' '.join(part.name for part in parts)} {target}",
        *excerpts,
        certainty=certainty,
        severity=severity,
        parts=names[:1].upper() + names[1:],
        verb="are" if len(parts) > 1 else "is",
        place=f"covered by {how}, wherever the page is scrolled to" if how else "beside the screen",
        text=first.text,
    )


@check(needs={"layout"})
def furniture_free(snapshot: Snapshot) -> Iterator[Observation]:
    """Search, cart and menu of the page's head can be reached: nothing but a banner or dialog at rest stands in front of them.

    Tried as `product_parts_free` does. What waits for the shopper's answer goes away with it, so it is not told again here.
    """
    if not snapshot.layout.furniture:
        yield inapplicable("no search, cart or menu was found in the page's head")
        return
    groups: dict[str, list[Part]] = {}
    for part in snapshot.layout.furniture:
        if part.state == "covered" and part.cover and part.cover.kind not in ("consent", "dialog"):
            groups.setdefault(part.cover.label, []).append(part)
        elif part.state == "aside" and part.name != "menu":
            groups.setdefault("beside the screen", []).append(part)
    for target, members in groups.items():
        cover = members[0].cover if members[0].state == "covered" else None
        names = " and ".join(_NAMES.get(part.name, part.name) for part in members)
        yield failed(
            f"{' '.join(part.name for part in members)} {target}",
            *(Excerpt(part.name, part.text or part.label, where=part.selector, box=part.box) for part in members),
            *([Excerpt("covered by", cover.words or cover.html, where=cover.selector)] if cover else []),
            parts=names[:1].upper() + names[1:],
            verb="are" if len(members) > 1 else "is",
            place=f"covered by {cover.label}" if cover else "beside the screen",
        )


@check(scope=Scope.PAGE, needs={"layout"})
def parts_in_every_browser(views: Sequence[Snapshot]) -> Iterator[Observation]:
    """What sells and can be seen in one browser can be seen in every other one on the same device."""
    devices: dict[str, list[Snapshot]] = {}
    for view in (one for one in views if one.key.state == views[0].key.state):
        devices.setdefault(view.key.client.device, []).append(view)
    if all(len({view.key.client.browser for view in those}) < 2 for those in devices.values()):
        yield inapplicable("seen with one browser only")
        return
    for device, those in devices.items():
        parts = [(view, {one.name: one for one in (*view.layout.parts, *view.layout.furniture)}) for view in those]
        for name in dict.fromkeys(name for _, found in parts for name in found):
            free = next((view for view, found in parts if name in found and found[name].state == "free"), None)
            for view, found in parts:
                if free is None or view.key.client.browser == free.key.client.browser:
                    continue
                one = found.get(name)
                # found by its words and looks: one that is not there at all may be built otherwise
                if (
                    one is not None
                    and one.state in ("hidden", "aside")
                    and not (name == "menu" and one.state == "aside")
                ):
                    yield failed(
                        f"{name} {device}",
                        Excerpt(name.replace("_", " "), one.text or one.label, where=one.selector, box=one.box),
                        seen_by=str(view.key.client),
                        part=_NAMES.get(name, name),
                        here=str(view.key.client),
                        other=str(free.key.client),
                        how="beside the screen" if one.state == "aside" else "hidden",
                    )


@check(scope=Scope.PAGE, needs={"layout"})
def button_on_every_screen(views: Sequence[Snapshot], *, part: str = "add_to_cart") -> Iterator[Observation]:
    """A part of the main product that one browser shows is not hidden in another one. Covered ones are `product_parts_free`'s."""
    if len(views) < 2:
        yield inapplicable("seen with one browser and device only")
        return
    seen = [(view, one) for view in views for one in view.layout.parts if one.name == part]
    shown = next((view for view, one in seen if one.state in ("free", "covered")), None)
    if shown is None:
        yield inapplicable("no browser shows it")
        return
    for view, one in seen:
        if one.state == "hidden":
            yield failed(
                f"{part} {view.key.client.device}",
                Excerpt(part.replace("_", " "), one.text, where=one.selector),
                seen_by=str(view.key.client),
                part=_NAMES.get(part, part),
                here=str(view.key.client),
                other=str(shown.key.client),
            )
