"""Consent banners in real browsers: answered by autoconsent's rules, by our selectors and by words; never merely hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from auditor.config.devices import DEVICES
from auditor.evidence.consent import Consent
from auditor.evidence.cookies import Cookies
from auditor.evidence.requests import Held, Requests
from auditor.evidence.visit import Visit
from auditor.facts.tracking import hits as hits_of
from auditor.knowledge import vendors
from auditor.model.snapshot import Client, SnapshotKey, State
from auditor.model.words import FetchOutcome
from auditor.render import consent as answering
from auditor.render.browsers import Found
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.render.worker import Renderer
from tests.render.nasty import Shop

COLLECTORS = frozenset({"consent", "cookies", "requests", "data_layer"})
# A banner's own script: keeps the answer in a cookie, tells the tags, goes away.
BEHAVES = """
<script>
  function answered(choice) {
    document.cookie = 'choice=' + choice + '; max-age=9999; path=/';
    document.querySelectorAll('.banner-root').forEach((one) => one.remove());
    tags(choice);
  }
  function tags(choice) { if (choice === 'all') { document.cookie = '_ga=GA1.1.5.5; max-age=63072000; path=/'; fetch('/hit?choice=' + choice); } }
  const was = /choice=(\\w+)/.exec(document.cookie);
  if (was) { document.querySelectorAll('.banner-root').forEach((one) => one.remove()); tags(was[1]); }
</script>"""
KLARO = """<div class="banner-root klaro"><div class="cookie-notice" style="position:fixed;bottom:0;background:#fff">
  <p>We use cookies.</p><button class="cm-btn cn-decline" onclick="answered('none')">I decline</button>
  <button class="cm-btn cm-btn-success" onclick="answered('all')">That's ok</button></div></div>"""
OWN = """<div class="banner-root" role="dialog" style="position:fixed;bottom:0;background:#fff"><p>Diese Seite verwendet Cookies.</p>
  <button onclick="answered('none')">Alle ablehnen</button><button onclick="answered('all')">Alle akzeptieren</button>
  <a href="#s">Einstellungen</a></div>"""
SHADOW = """<div class="banner-root" id="host"></div><script>
  const root = document.getElementById('host').attachShadow({mode: 'open'});
  root.innerHTML = `<section style="position:fixed;top:0;background:#fff"><p>Cookies help us to measure visits.</p>
    <button onclick="answered('all')">Accept all cookies</button><button onclick="answered('none')">Only necessary cookies</button></section>`;
</script>"""
LAYERS = """<div class="banner-root" style="position:fixed;bottom:0;background:#fff"><p>We use cookies.</p><button onclick="answered('all')">Accept</button>
  <button onclick="document.getElementById('more').hidden = false">Cookie settings</button>
  <div id="more" hidden><button onclick="answered('none')">Reject all</button></div></div>"""
STUBBORN = """<div role="dialog" style="position:fixed;bottom:0;background:#fff"><p>We use cookies.</p><button>Reject all</button><button>Accept all</button></div>"""
FORGETFUL = KLARO.replace("answered('none')", "document.querySelector('.klaro').remove()")
NEWSLETTER = """<div role="dialog" style="position:fixed;bottom:0"><p>Join us, see our privacy policy and our cookie policy.</p><input type=email><button>OK</button>
  <button>No, thanks</button></div>"""
Open = Callable[..., RenderResult]


@pytest.fixture(scope="module")
def visit(shop: Shop, found: Found, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    # these banners stand in the page's HTML: they are there at the first look, or never
    with ThreadPoolExecutor(1) as thread, pytest.MonkeyPatch.context() as patch:
        patch.setattr(answering, "_LOOK_SECONDS", 1.0)
        patch.setattr(answering, "_GONE_SECONDS", 1.0)
        settings = RenderSettings(
            files=str(tmp_path_factory.mktemp("files")), site_hosts=(shop.host,), watch_ms=300, quiet_ms=150
        )
        renderer = thread.submit(Renderer, msgspec.msgpack.encode(settings)).result()

        def one(
            html: str, consent: str = "none", gpc: bool = False, headers: dict[str, str] | None = None
        ) -> RenderResult:
            url = shop.put(html, headers)
            key = SnapshotKey(url, Client(str(found.name), "desktop"), State(consent, gpc))
            task = RenderTask(key=key, url=url, device=DEVICES["desktop"], collectors=COLLECTORS)
            done = thread.submit(renderer.run, msgspec.msgpack.encode(task)).result()
            return msgspec.msgpack.decode(done, type=RenderResult)

        yield one
        thread.submit(renderer.close).result()


def told(result: RenderResult) -> Consent:
    consent = result.bundle.read(Consent)
    assert consent is not None, result
    return consent


def hits(result: RenderResult) -> list[str]:
    requests = result.bundle.read(Requests)
    assert requests is not None
    after = told(result).reopened_ms
    return [one.url.partition("/hit?")[2] for one in requests.items if "/hit?" in one.url and one.started_ms >= after]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the rules are slower to see a banner than our own look, which then answers it."""
    monkeypatch.setattr(answering, "_RULES_FIRST_SECONDS", 30.0)
    monkeypatch.setattr(answering, "_LOOK_SECONDS", 60.0)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules are given no time of their own where they know no such banner."""
    monkeypatch.setattr(answering, "_RULES_FIRST_SECONDS", 0.2)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    "html", [KLARO, OWN, SHADOW, LAYERS], ids=["klaro", "own words", "shadow root", "second layer"]
)
@pytest.mark.parametrize("choice", ["accept", "reject"])
def test_a_banner_is_answered_and_the_page_opened_again(visit: Open, html: str, choice: str) -> None:
    result = visit(html + BEHAVES, choice)
    assert result.outcome is FetchOutcome.OK, result.reason
    consent = told(result)
    assert consent.shown
    assert consent.done
    assert consent.asked == choice
    assert consent.clicks
    assert not consent.shown_again
    assert 0 < consent.answered_ms <= consent.reopened_ms
    # once of the page opened again; the page that is left may send its own in the same moment
    assert set(hits(result)) == ({"choice=all"} if choice == "accept" else set())
    cookies = result.bundle.read(Cookies)
    assert cookies is not None
    assert [one.name for one in cookies.items] == (["_ga", "choice"] if choice == "accept" else ["choice"])
    assert consent.before is not None
    assert consent.before.items == ()


def test_what_a_banner_offers_is_told_without_pressing_anything(visit: Open) -> None:
    consent = told(visit(KLARO + BEHAVES))
    assert (consent.shown, consent.tool, consent.found_by, consent.done, consent.clicks) == (
        True,
        "Klaro",
        "selectors",
        False,
        (),
    )
    assert [(one.text, one.means) for one in consent.choices] == [("I decline", "reject"), ("That's ok", "accept")]
    own = told(visit(OWN + BEHAVES))
    assert (own.tool, own.found_by) == ("", "words")
    assert [one.means for one in own.choices] == ["reject", "accept", "settings"]
    assert [(one.reached, one.drawn) for one in own.choices] == [(True, "button"), (True, "button"), (True, "text")]


def test_answers_that_are_no_controls_are_heard_of(visit: Open) -> None:
    answers = "<div style='cursor:pointer' onclick=\"answered('all')\">Accept all</div><div style='cursor:pointer' onclick=\"answered('none')\">Reject all</div>"
    banner = f"<div class='banner-root cookie-bar' style='position:fixed;bottom:0;background:#fff'><p>We use cookies.</p>{answers}</div>"
    consent = told(visit(banner + BEHAVES))
    assert [(one.means, one.reached) for one in consent.choices] == [("accept", False), ("reject", False)]
    plain = "<div class=cookie-note style='position:fixed;bottom:0'><p>We use cookies.</p><div>Accept all</div></div>"
    assert not told(visit(plain)).shown


def test_what_no_key_reaches_and_what_is_mere_text_is_told(visit: Open) -> None:
    page = OWN.replace("<button onclick=\"answered('none')\">Alle ablehnen</button>", "<a role=button>Alle ablehnen</a>").replace(
        "<button onclick=\"answered('all')\">Alle akzeptieren</button>", "<span role=button tabindex=0 style='background:#060'>Alle akzeptieren</span>"
    )  # fmt: skip
    seen = {one.means: (one.reached, one.drawn) for one in told(visit(page + BEHAVES)).choices}
    assert seen == {"reject": (False, "text"), "accept": (True, "button"), "settings": (True, "text")}


@pytest.mark.usefixtures("patient")
def test_the_rules_answer_what_they_know(visit: Open) -> None:
    consent = told(visit(KLARO + BEHAVES, "reject"))
    assert (consent.tool, consent.found_by, consent.clicks) == ("Klaro", "rules", ("I decline",))


@pytest.mark.usefixtures("hurried")
def test_a_second_layer_takes_two_presses(visit: Open) -> None:
    assert told(visit(LAYERS + BEHAVES, "reject")).clicks == ("Cookie settings", "Reject all")


def test_a_policy_against_foreign_scripts_is_no_hindrance(visit: Open) -> None:
    page = KLARO.replace("onclick=\"answered('none')\"", 'id="no"') + (
        "<script nonce=abc>document.getElementById('no').addEventListener('click', () => document.querySelector('.klaro').remove())</script>"
    )
    result = visit(page, "reject", headers={"Content-Security-Policy": "script-src 'nonce-abc'"})
    assert told(result).done, result.reason


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<h1>Lamp</h1>", "no consent banner was found"),
        (NEWSLETTER, "no consent banner was found"),
        (STUBBORN, "the banner stayed after it was answered"),
        (STUBBORN.replace("Reject all", "Read on"), "offers nothing to reject"),
    ],
    ids=["none", "a newsletter's", "one that stays", "nothing to reject"],
)
def test_without_an_answer_there_is_no_snapshot_of_that_state(visit: Open, html: str, reason: str) -> None:
    result = visit(html, "reject")
    assert result.outcome is FetchOutcome.SKIPPED
    assert reason in result.reason
    assert told(result).done is False


def test_an_answer_that_is_forgotten_is_told(visit: Open) -> None:
    assert told(visit(FORGETFUL, "reject")).shown_again


def test_no_banner_is_told_too(visit: Open) -> None:
    assert told(visit(NEWSLETTER)).shown is False


def test_global_privacy_control_is_said_to_servers_and_scripts(visit: Open, shop: Shop) -> None:
    result = visit("<script>document.title = String(navigator.globalPrivacyControl)</script>", gpc=True)
    assert "<title>true</title>" in result.html
    assert result.bundle.read(Visit) is not None


def test_a_banner_is_accepted_under_global_privacy_control(visit: Open) -> None:
    result = visit(OWN + BEHAVES, "accept", gpc=True)
    consent = told(result)
    assert (consent.asked, consent.done, result.key.state.answer) == ("accept", True, "gpc-accept")


def test_five_hundred_hits_are_held_back_and_told_one_by_one(visit: Open) -> None:
    result = visit(
        "<script>for (let i = 0; i < 500; i += 1)"
        " fetch('https://www.google-analytics.com/g/collect?v=2&tid=G-ABC123DEF4&en=e' + i, {mode: 'no-cors', method: 'POST'})"
        ".catch(() => {});</script>"
    )
    requests = result.bundle.read(Requests)
    assert requests is not None
    sent = [one for one in requests.items if one.vendor == "ga4" and one.held is not Held.REFUSED]
    assert {one.held for one in sent} == {Held.ANSWERED}
    assert len({hit.event for hit in hits_of(Requests(tuple(sent)), vendors.load())}) + requests.cut == 500
