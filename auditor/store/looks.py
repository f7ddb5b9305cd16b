"""Who looked at which page by which rule: written while a run is judged, read when it is compared with another."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import sqlite

from auditor.store import addresses, documents, texts
from auditor.store.schema import evaluations, look_sets, page_looks, unsure

ANY = "*"  # a look that stands for that of any client
OPENED = -1  # in place of a rule: by whom the page could be looked at at all
SITE = "site"  # a look at the whole shop
PAGES = "pages"  # beside it: one that rests on which of its pages were fetched
UNSURE_PAGE = "page\n"  # before a page key, in place of a target: all that is told of that page
_SHOP = 0  # in place of a page key's number: the shop as a whole
_KEPT = 500  # sets unpacked at once

Looks = dict[str, list[int]]  # looks, parted by blanks -> rules, by their place among the evaluation's


class Recorder:
    """Writes the looks of one evaluation; memory holds a digest of each way of looking, and no page."""

    def __init__(self, evaluation: int) -> None:
        self._evaluation = evaluation
        self._known: dict[bytes, int] = {}

    def add(self, connection: Connection, looked: Iterable[tuple[str, Looks]]) -> None:
        """(page key, its looks) of some pages. A page that has some already gets these besides: two addresses, one key."""
        batch: dict[str, Looks] = {}
        for page, looks in looked:
            batch[page] = _both(batch[page], looks) if page in batch else looks
        numbers = {**addresses.numbers(connection, [page for page in batch if page]), "": _SHOP}
        names = {number: page for page, number in numbers.items()}
        where = (
            page_looks.c.evaluation_id == self._evaluation,
            page_looks.c.key_id.in_([numbers[one] for one in batch]),
        )
        for key_id, there in connection.execute(select(page_looks.c.key_id, page_looks.c.set_id).where(*where)).all():
            page = names[key_id]
            batch[page] = _both(_read(connection, self._evaluation, there), batch[page])
        rows = [
            {"evaluation_id": self._evaluation, "key_id": numbers[page], "set_id": self._set(connection, looks)}
            for page, looks in batch.items()
        ]
        if rows:
            statement = sqlite.insert(page_looks)
            again = {"set_id": statement.excluded.set_id}
            connection.execute(
                statement.on_conflict_do_update(index_elements=["evaluation_id", "key_id"], set_=again), rows
            )

    def add_unsure(self, connection: Connection, targets: Iterable[tuple[str, str]]) -> None:
        """(rule, target key) of what could not be told, or UNSURE_PAGE with a page key."""
        rows = [{"evaluation_id": self._evaluation, "rule": rule, "target": target} for rule, target in targets]
        if rows:
            connection.execute(sqlite.insert(unsure).on_conflict_do_nothing(), rows)

    def _set(self, connection: Connection, looks: Looks) -> int:
        packed = msgspec.msgpack.encode({who: sorted(set(looks[who])) for who in sorted(looks)})
        digest = hashlib.blake2b(packed, digest_size=16).digest()
        if digest not in self._known:
            self._known[digest] = len(self._known)
            connection.execute(
                insert(look_sets).values(
                    evaluation_id=self._evaluation, id=self._known[digest], looks=documents.pack(packed)
                )
            )
        return self._known[digest]


class Lookers:
    """Reads the looks of one evaluation."""

    def __init__(self, connection: Connection, evaluation: int) -> None:
        self._connection, self._evaluation = connection, evaluation
        digest = connection.execute(select(evaluations.c.rules).where(evaluations.c.id == evaluation)).scalar_one()
        self._places = {one["id"]: index for index, one in enumerate(json.loads(texts.get(connection, digest)))}
        self._sets: OrderedDict[int, dict[int, frozenset[str]]] = OrderedDict()
        shop = self.set_of("")
        self._site = self._rules(shop) if shop is not None else {}
        self.kept = shop is not None  # an older auditor kept no looks

    def has_rule(self, rule: str) -> bool:
        return rule in self._places

    def looked(self, set_id: int | None, rule: str, asked: str) -> bool:
        """Whether the rule looked again in every way that `asked` names, at a page whose looks are `set_id`."""
        place = self._places.get(rule)
        wanted = frozenset(asked.split())
        if place is None or not wanted:
            return False
        if SITE in wanted:
            if SITE not in self._site.get(place, ()):
                return False
            wanted, place = wanted - {SITE, PAGES}, OPENED
        if not wanted:
            return True
        if set_id is None:
            return False
        who = self._rules(set_id).get(place, frozenset())
        return ANY in who or wanted <= who

    def missing(self, set_id: int, asked: str) -> list[str]:
        """Clients of `asked` that did not open the page at all."""
        wanted = [one for one in asked.split() if one not in (SITE, PAGES)]
        return [one for one in wanted if one not in self._rules(set_id).get(OPENED, frozenset())]

    def set_of(self, page: str) -> int | None:
        number = addresses.numbered("b_page") if page else _SHOP
        where = (page_looks.c.evaluation_id == self._evaluation, page_looks.c.key_id == number)
        return self._connection.execute(select(page_looks.c.set_id).where(*where), {"b_page": page}).scalar()

    def _rules(self, set_id: int) -> Mapping[int, frozenset[str]]:
        if set_id not in self._sets:
            by_rule: dict[int, set[str]] = {}
            for who, places in _read(self._connection, self._evaluation, set_id).items():
                for place in places:
                    by_rule.setdefault(place, set()).update(who.split())
            self._sets[set_id] = {place: frozenset(who) for place, who in by_rule.items()}
            if len(self._sets) > _KEPT:
                self._sets.popitem(last=False)
        self._sets.move_to_end(set_id)
        return self._sets[set_id]


def _read(connection: Connection, evaluation: int, set_id: int) -> Looks:
    where = (look_sets.c.evaluation_id == evaluation, look_sets.c.id == set_id)
    packed = connection.execute(select(look_sets.c.looks).where(*where)).scalar_one()
    return msgspec.msgpack.decode(documents.unpack(packed), type=Looks)


def _both(one: Looks, other: Looks) -> Looks:
    return {who: [*one.get(who, []), *other.get(who, [])] for who in {**one, **other}}
