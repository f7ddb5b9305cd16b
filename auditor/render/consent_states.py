"""Which pages are looked at again with consent rejected or accepted, or under Global Privacy Control: few, since each state costs a load."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from auditor.config.config import Config
from auditor.evidence.consent import Consent
from auditor.model.snapshot import Client, State
from auditor.render.select import Candidate
from auditor.store import snapshots

# Pictures, axe and layout were gathered in the first state.
COLLECTORS = frozenset(
    {"requests", "cookies", "console", "texts", "consent", "data_layer", "fingerprints", "typed", "crossings"}
)


def states(config: Config) -> tuple[State, ...]:
    """The config's states besides the first visit."""
    known = {"gpc": State(gpc=True), "gpc-accept": State("accept", gpc=True)}
    return tuple(known.get(answer) or State(consent=answer) for answer in config.consent if answer != "none")


def pages(chosen: Iterable[Candidate], most: int) -> list[Candidate]:
    """One page of each template, `most` at most: first one of each page type, then the others in their order.

    It is the one with the shortest address, not the first that was fetched, so that another night looks at the same.
    """
    first: dict[tuple[str, str], Candidate] = {}
    for one in chosen:
        kind = (one.page_type, one.template)
        first[kind] = min(first.get(kind, one), one, key=lambda page: (len(page.url), page.url))
    kinds: set[str] = set()
    ranked: list[tuple[bool, int, Candidate]] = []
    for place, one in enumerate(first.values()):
        ranked.append((one.page_type in kinds, place, one))
        kinds.add(one.page_type)
    return [one for *_, one in sorted(ranked, key=lambda row: row[:2])[:most]]


def wanted(
    connection: Connection, run_id: int, config: Config, chosen: Sequence[Candidate], client: Client
) -> list[tuple[Candidate, Client, State]]:
    """What to look at once the first visits are through: answers where a banner was seen, the browser's signal anywhere."""
    asked, most = states(config), config.render.consent_pages
    if not asked:
        return []
    asking = pages((one for one in chosen if _banner(connection, run_id, one.page_key, client)), most)
    every = pages(chosen, most)
    return [(one, client, state) for state in asked for one in (every if state.consent == "none" else asking)]


def _banner(connection: Connection, run_id: int, page_key: str, client: Client) -> bool:
    for one in snapshots.of_page(connection, run_id, page_key):
        if one.key.client == client and one.key.state == State():
            found = one.bundle().read(Consent)
            if found is not None and found.shown:
                return True
    return False
