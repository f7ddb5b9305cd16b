"""Why a finding of an earlier run is there no more: mended, or not looked at again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from auditor.model.run import CHOSEN
from auditor.model.standing import Why
from auditor.model.urls import is_http, page_key
from auditor.model.words import FetchOutcome
from auditor.store.looks import SITE, Lookers
from auditor.store.schema import pages, urls

_KEPT = 5_000  # addresses remembered
_CARRIED = timedelta(days=30)  # what nobody looked at for longer is not carried on
_GONE = (404, 410)
# In the words of the reports' "fetch_outcome"
_WORDS = {
    FetchOutcome.BLOCKED: "blocked",
    FetchOutcome.RATE_LIMITED: "told to slow down",
    FetchOutcome.TIMEOUT: "timed out",
    FetchOutcome.UNREACHABLE: "could not be reached",
}


class Gone:
    """Asks the later run about what the earlier one found and it did not.

    `follows`: rules that judge where links lead. `short`: why the later run saw less of the shop than it should have, so that
    what concerns several pages cannot be told; empty where it saw all. `host_map` and `drop` are those of the later run.
    """

    def __init__(
        self,
        connection: Connection,
        evaluation: int,
        run_id: int,
        *,
        now: str,
        follows: Collection[str] = (),
        short: str = "",
        host_map: Mapping[str, str] | None = None,
        drop: Collection[str] = (),
    ) -> None:
        self._connection, self._run_id = connection, run_id
        self._lookers = Lookers(connection, evaluation)
        self._now = datetime.fromisoformat(now)
        self._follows, self._short = frozenset(follows), short
        self._host_map, self._drop = host_map or {}, drop
        self._known: OrderedDict[str, tuple[str, bool]] = OrderedDict()

    def reason(self, row: Row[Any]) -> tuple[str, Why | None]:
        """Why it was not looked at again, empty where it is fixed; and what besides the shop may be behind it."""
        if not self._lookers.has_rule(row.rule):
            return "its rule did not run", Why.RULE_GONE
        if self._lookers.looked(row.set_id, row.rule, row.asked):
            return self._told(row), None
        state, is_gone = self._page(row.page_key)
        if is_gone:
            return "", Why.PAGE_GONE
        if not self._lookers.kept:
            return "this run kept no record of who looked where", None
        if state:
            return state, None
        if self._type(row.page_key) not in ("", row.page_type):
            return "the page is taken for another type now", None
        missing = self._lookers.missing(row.set_id, row.asked) if row.set_id is not None else []
        if missing:
            return f"not opened in {', '.join(one.partition('|')[0] for one in missing)}", None
        return "the rule could not be checked there", None

    def recent(self, seen_at: str) -> bool:
        try:
            return self._now - datetime.fromisoformat(seen_at) <= _CARRIED
        except ValueError:
            return False

    def _told(self, row: Row[Any]) -> str:
        """Of a page that was looked at again: what kept the rule from telling."""
        if row.unsure is not None:
            return "the rule could not tell this time"
        looks = row.asked.split()
        if SITE in looks and len(looks) > 1 and self._short:
            return self._short
        if row.rule in self._follows and is_http(row.target):
            state, is_gone = self._page(row.target)
            # What nothing links to any more was taken off the page
            return f"where it leads was not seen: {state}" if state and not is_gone and state != _UNKNOWN else ""
        return ""

    def _page(self, key: str) -> tuple[str, bool]:
        """What kept the address from being looked at, empty where nothing did; and whether it is gone."""
        if key not in self._known:
            self._known[key] = self._ask(key)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    def _ask(self, key: str) -> tuple[str, bool]:
        query = select(pages.c.outcome, pages.c.status, pages.c.final_url).where(
            pages.c.run_id == self._run_id, pages.c.page_key == key
        )
        rows = self._connection.execute(query).all()
        if not rows:
            return self._unfetched(key), False
        told = next((_WORDS[outcome] for row in rows if (outcome := FetchOutcome(row.outcome)) in _WORDS), "")
        if told:
            return told, False
        if all(row.status in _GONE or self._moved(key, row.final_url) for row in rows):
            return "", True
        failing = next((row.status for row in rows if row.outcome == FetchOutcome.SITE_ERROR), 0)
        return f"answered {failing or 'with an error'}" if failing else "", False

    def _type(self, key: str) -> str:
        """The address's page type now; empty where it has none."""
        here = (pages.c.run_id == self._run_id, pages.c.page_key == key)
        return self._connection.execute(select(pages.c.page_type).where(*here).limit(1)).scalar() or ""

    def _moved(self, key: str, final_url: str) -> bool:
        return bool(final_url) and page_key(final_url, self._host_map, self._drop) != key

    def _unfetched(self, key: str) -> str:
        keys = [key]
        for here, there in self._host_map.items():
            mapped = f"https://{there}/"
            if key.startswith(mapped):
                keys += [f"{scheme}://{here}/{key.removeprefix(mapped)}" for scheme in ("https", "http")]
        where = (urls.c.run_id == self._run_id, or_(*(urls.c.key == one for one in keys)))
        row = self._connection.execute(select(urls.c.status, urls.c.reason).where(*where).limit(1)).first()
        if row is None:
            return _UNKNOWN
        return str(row.reason).removeprefix(CHOSEN) or "not fetched yet"


_UNKNOWN = "no page led there"
