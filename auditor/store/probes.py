"""What was asked of the shop and of the world beside pages: answers and certificates, by name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from auditor.evidence.certificate import Certificate
from auditor.evidence.endpoint import Endpoint, SecondFetch
from auditor.evidence.exposed import Exposed
from auditor.evidence.http import Response
from auditor.evidence.link_sources import LinkSources
from auditor.evidence.look import Look
from auditor.evidence.planned import Plan
from auditor.evidence.site_search import Search, SiteSearch
from auditor.evidence.wrong_addresses import WrongAddresses
from auditor.model.words import FetchOutcome
from auditor.store.runs import now
from auditor.store.schema import probes

NOT_FOUND = "not-found"
PLAIN_HTTP = "plain-http"
TWIN = "twin"  # the host with www, where the shop is without, and the reverse
TWIN_HTTP = "twin-plain-http"
FAVICON = "favicon"  # the icon in the place where browsers look for one
LANGUAGE = "language"  # a page, asked for by somebody who prefers other languages
_CERTIFICATE = "certificate "
_CONTROL = "control "
_LOOK = "look "
_SENT = "storefront password"
_ENDPOINT = "endpoint "
_SECOND = "second "
_EXPOSED = "exposed "
_PLANS: dict[type[Any], str] = {
    SiteSearch: "site search",
    WrongAddresses: "wrong addresses",
    LinkSources: "link sources",
}

Planned = TypeVar("Planned")


class Sent(msgspec.Struct, frozen=True):
    """The one form that is ever sent, where the config asks for it."""

    times: int
    url: str


def put(
    connection: Connection,
    run_id: int,
    name: str,
    evidence: Response | Certificate | Look | Sent | Endpoint | SecondFetch | Exposed | Plan,
) -> None:
    """Keeps one; a second of the same name replaces the first."""
    values = {"evidence": msgspec.msgpack.encode(evidence), "taken_at": now()}
    statement = insert(probes).values(run_id=run_id, name=name[:300], **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["run_id", "name"], set_=values))


def put_certificate(connection: Connection, run_id: int, certificate: Certificate) -> None:
    put(connection, run_id, f"{_CERTIFICATE}{certificate.host} {certificate.port}", certificate)


def put_look(connection: Connection, run_id: int, name: str, look: Look) -> None:
    put(connection, run_id, f"{_LOOK}{name}", look)


def put_endpoint(connection: Connection, run_id: int, endpoint: Endpoint) -> None:
    put(connection, run_id, _endpoint(endpoint.url), endpoint)


def endpoint(connection: Connection, run_id: int, url: str) -> Endpoint | None:
    where = (probes.c.run_id == run_id, probes.c.name == _endpoint(url))
    packed = connection.execute(select(probes.c.evidence).where(*where)).scalar()
    return None if packed is None else msgspec.msgpack.decode(packed, type=Endpoint)


def put_second(connection: Connection, run_id: int, second: SecondFetch) -> None:
    put(connection, run_id, _endpoint(second.response.url, _SECOND), second)


def second(connection: Connection, run_id: int, url: str) -> SecondFetch | None:
    """The page of this address as it was when it was asked for once more, where it was."""
    where = (probes.c.run_id == run_id, probes.c.name == _endpoint(url, _SECOND))
    packed = connection.execute(select(probes.c.evidence).where(*where)).scalar()
    return None if packed is None else msgspec.msgpack.decode(packed, type=SecondFetch)


def has_seconds(connection: Connection, run_id: int) -> bool:
    """Whether any page was asked for once more."""
    where = (probes.c.run_id == run_id, probes.c.name.startswith(_SECOND, autoescape=True))
    return connection.execute(select(probes.c.name).where(*where).limit(1)).first() is not None


def _endpoint(url: str, kind: str = _ENDPOINT) -> str:
    """Addresses may be longer than names."""
    return kind + hashlib.blake2b(url.encode("utf-8", "replace"), digest_size=16).hexdigest()


def put_control(connection: Connection, run_id: int, answer: Response) -> None:
    put(connection, run_id, f"{_CONTROL}{answer.url}", answer)


def answer(connection: Connection, run_id: int, name: str) -> Response | None:
    packed = connection.execute(
        select(probes.c.evidence).where(probes.c.run_id == run_id, probes.c.name == name)
    ).scalar()
    return None if packed is None else msgspec.msgpack.decode(packed, type=Response)


def look(connection: Connection, run_id: int, name: str) -> Look | None:
    where = (probes.c.run_id == run_id, probes.c.name == f"{_LOOK}{name}")
    packed = connection.execute(select(probes.c.evidence).where(*where)).scalar()
    return None if packed is None else msgspec.msgpack.decode(packed, type=Look)


def certificates(connection: Connection, run_id: int) -> Iterator[Certificate]:
    for packed in _named(connection, run_id, _CERTIFICATE):
        yield msgspec.msgpack.decode(packed, type=Certificate)


def controls(connection: Connection, run_id: int) -> Iterator[Response]:
    for packed in _named(connection, run_id, _CONTROL):
        yield msgspec.msgpack.decode(packed, type=Response)


def put_sent(connection: Connection, run_id: int, url: str) -> None:
    """Notes that the storefront password was sent once more; told in the ledger of side effects."""
    before = sent(connection, run_id)
    put(connection, run_id, _SENT, Sent(times=(before.times if before else 0) + 1, url=url))


def sent(connection: Connection, run_id: int) -> Sent | None:
    """How often the storefront password was sent, and where; None where it never was."""
    packed = connection.execute(
        select(probes.c.evidence).where(probes.c.run_id == run_id, probes.c.name == _SENT)
    ).scalar()
    return None if packed is None else msgspec.msgpack.decode(packed, type=Sent)


def put_exposed(connection: Connection, run_id: int, exposed: Exposed) -> None:
    put(connection, run_id, f"{_EXPOSED}{exposed.url}", exposed)


def exposed(connection: Connection, run_id: int) -> Iterator[Exposed]:
    for packed in _named(connection, run_id, _EXPOSED):
        yield msgspec.msgpack.decode(packed, type=Exposed)


def put_plan(connection: Connection, run_id: int, plan: Plan) -> None:
    put(connection, run_id, _PLANS[type(plan)], plan)


def plan(connection: Connection, run_id: int, kind: type[Planned]) -> Planned | None:
    """What was planned of this kind, and what came of it; None where nobody thought of it."""
    where = (probes.c.run_id == run_id, probes.c.name == _PLANS[kind])
    packed = connection.execute(select(probes.c.evidence).where(*where)).scalar()
    return None if packed is None else msgspec.msgpack.decode(packed, type=kind)


def answers(connection: Connection, run_id: int) -> int:
    """How many requests of the shop these were."""
    where = (probes.c.run_id == run_id, probes.c.name.in_((NOT_FOUND, PLAIN_HTTP, TWIN, TWIN_HTTP, FAVICON, LANGUAGE)))
    asked = sum(
        1 for packed in _named(connection, run_id, _ENDPOINT) if msgspec.msgpack.decode(packed, type=Endpoint).at
    )
    asked += len(_named(connection, run_id, _SECOND))
    for told in (plan(connection, run_id, kind) for kind in _PLANS):
        made = [one for one in (told.asked if told else ()) if one.outcome is not None]
        asked += sum(1 for one in made if not (isinstance(one, Search) and one.product))  # those are pages
    asked += sum(1 for one in exposed(connection, run_id) if one.outcome is not FetchOutcome.SKIPPED)
    return connection.execute(select(func.count()).where(*where)).scalar_one() + asked


def _named(connection: Connection, run_id: int, prefix: str) -> list[bytes]:
    where = (probes.c.run_id == run_id, probes.c.name.startswith(prefix))
    return list(connection.execute(select(probes.c.evidence).where(*where).order_by(probes.c.name)).scalars())
