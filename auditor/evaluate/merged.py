"""Observations of one rule on one page put together to findings; read by judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from auditor.evaluate.storable import MAX_TEXT, message
from auditor.facts.snapshot import Snapshot
from auditor.history.identity import finding_id, problem_id
from auditor.model.finding import Finding, Observation
from auditor.model.rule import Rule
from auditor.model.snapshot import HTTP, State
from auditor.model.words import Certainty, PageType
from auditor.store.looks import PAGES, SITE

_FIRST_VISIT = str(State())


class Where(Protocol):
    """The page that findings are on."""

    key: str
    url: str
    page_type: PageType


class Merged:
    """Observations of one rule on one page, by target: what several clients saw is one finding."""

    def __init__(self, views: str = "") -> None:
        self.looked: list[str] = []
        self.views = views  # of a page or site rule: the looks that it needed together
        self.of_page = True  # not of robots.txt, a sitemap or the shop as a whole
        self.by_pages = False  # of a site rule: it asked for the shop's pages
        self._seen: dict[str, list[tuple[str, str, Observation]]] = defaultdict(list)

    def add(self, target: str, client: str, state: str, observation: Observation) -> None:
        self._seen[target].append((client, state, observation))

    def findings(self, rule: Rule, page: Where, ceiling: Certainty) -> list[Finding]:
        found: list[Finding] = []
        for target, seen in self._seen.items():
            first = min((observation for _, _, observation in seen), key=lambda one: (one.certainty or ceiling).rank)
            clients = tuple(dict.fromkeys(client for client, _, _ in seen))
            found.append(
                Finding(
                    id=finding_id(rule.id, page.key, target),
                    problem=problem_id(rule.id, page.page_type, target),
                    rule=rule.id,
                    page=page.key,
                    url=page.url,
                    page_type=page.page_type,
                    target=target[:MAX_TEXT],
                    severity=first.severity or rule.severity,
                    certainty=max(first.certainty or ceiling, ceiling, key=lambda one: one.rank),
                    message=message(rule.message, first.data),
                    data=first.data,
                    excerpts=first.excerpts,
                    clients=clients,
                    not_in=tuple(client for client in dict.fromkeys(self.looked) if client not in clients),
                    states=tuple(dict.fromkeys(state for _, state, _ in seen if state)),
                    owner=first.owner,
                    asked=self._asked(seen),
                )
            )
        return found

    def _asked(self, seen: Sequence[tuple[str, str, Observation]]) -> str:
        """The looks that show whether it is still there: all that saw it; of a comparison, all that were compared."""
        if self.views and self.views != SITE:
            return self.views
        looks = {look_of(client, state) for client, state, _ in seen if self.of_page or client != HTTP}
        return " ".join(sorted(looks | ({SITE} if self.views else set()) | ({PAGES} if self.by_pages else set())))


def look_of(client: str, state: str) -> str:
    """A client, and the state it came in where that is not the first visit's: "chromium/phone", "chromium/phone|consent=reject"."""
    return client if state in ("", _FIRST_VISIT) else f"{client}|{state}".replace(" ", "%20")


def views_of(snapshots: Sequence[Snapshot]) -> str:
    return " ".join(sorted({look_of(one.client_name, one.state_name) for one in snapshots}))
