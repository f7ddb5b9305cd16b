"""What moves by itself, in real browsers, with the markup of sliders: what goes on, what only looks it, and what pauses it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from auditor.evidence.moving import Mover, Moving
from auditor.render.collectors import moving
from auditor.render.collectors.look import Look

Watch = Callable[..., Moving]
BASE = """<style>body{margin:0} .window{width:400px;height:60px;overflow:hidden;position:relative} .track{display:flex;width:1200px}
.track>div{width:400px;height:60px} .fade>div{position:absolute;inset:0;opacity:0} .fade>div.on{opacity:1}</style><h1>Lamp</h1>
<script>
const slide = (id, every, most = 1e9) => { let at = 0; const timer = setInterval(() => {
  at += 1; document.querySelector(id + ' .track').style.transform = `translateX(-${(at % 3) * 400}px)`; if (at >= most) clearInterval(timer); }, every); };
const slides = ['One lamp', 'Two lamps', 'Three lamps'].map((name) => `<div>${name}</div>`).join('');
const slider = (id, more = '', attributes = '') => document.body.insertAdjacentHTML('beforeend',
  `<section><div class="swiper" id="${id}" ${attributes}><div class="window"><div class="track">${slides}</div></div></div>${more}</section>`);
</script>"""


@pytest.fixture
def watch(look: Callable[..., Look]) -> Watch:
    return lambda page, **how: moving.collect(look(page, fresh=False, **how))


def by_selector(seen: Moving) -> dict[str, Mover]:
    return {one.spot.selector: one for one in seen.items}


def test_sliders_that_go_on_and_what_pauses_them(watch: Watch) -> None:
    seen = watch(
        BASE
        + """<script>
slider('goes'); slide('#goes', 2600);
slider('paused-by', '<button type=button>Diashow anhalten</button>'); slide('#paused-by', 2600);
slider('by-class', '<button class="slideshow__autoplay"><svg width=9 height=9></svg></button>'); slide('#by-class', 2600);
slider('once'); slide('#once', 2600, 1);
slider('still');
document.body.insertAdjacentHTML('beforeend', '<div class="carousel" id="alone"><div class="window"><div>Only one lamp</div></div></div>'
  + '<div class="carousel window fade" id="fades"><div class="on">Red</div><div>Blue</div></div>'
  + '<div class="text-rotator" id="says"><p>Free delivery</p></div>'
  + '<div class="announcement-bar" id="counts"><p>Ends in <b>59</b></p><p>Hurry</p></div>'
  + '<div class="slider" id="range"><span class="handle">10</span></div>');
const pair = document.querySelectorAll('#fades div'), words = ['Free delivery', 'Thirty days to return'];
let at = 0;
setInterval(() => { at += 1; pair.forEach((one, i) => one.classList.toggle('on', i === at % 2)); document.querySelector('#says p').textContent = words[at % 2]; }, 2600);
setInterval(() => { const left = document.querySelector('#counts b'); left.textContent = left.textContent - 1; }, 1000);
</script>"""
    )
    assert seen.skipped == ""
    told = {selector: one.pause for selector, one in by_selector(seen).items()}
    assert told == {
        "#goes": "",
        "#paused-by": "Diashow anhalten",
        "#by-class": "slideshow__autoplay",
        "#fades": "",
        "#says": "",
    }
    goes = by_selector(seen)["#goes"]
    assert (goes.kind, goes.spot.label, goes.seconds > 5, goes.changes > 1) == ("slides", "div#goes", True, True)
    assert goes.elsewhere == "Diashow anhalten"


def test_text_that_runs_without_an_end(watch: Watch) -> None:
    seen = watch(
        """<style>@keyframes run{to{transform:translateX(-300px)}} @keyframes pulse{50%{transform:scale(1.2)}} @keyframes turn{to{transform:rotate(1turn)}}
        .run{animation:run 6s linear infinite;width:600px} .pulse{animation:pulse 1s infinite} .turn{animation:turn 1s linear infinite;width:20px;height:20px}
        .ends{animation:run 2s linear 2}</style><h1>Lamp</h1>
        <div id=band style=overflow:hidden><div class=run>Free delivery from 50 euros</div></div>
        <marquee id=old>Thirty days to return</marquee><marquee id=ends loop=1>Only once</marquee>
        <p><button class=pulse>Buy now</button></p><div class=turn></div><p class=ends>It comes in and stays</p>
        <aside style=position:fixed;left:-700px;width:300px><p class=run>In a closed drawer</p></aside>
        <section id=host></section><script>document.querySelector('#host').attachShadow({mode: 'open'}).innerHTML =
        '<style>@keyframes run{to{translate:-300px}} p{animation:run 6s infinite}</style><p>Made by hand</p>'</script>"""
    )
    assert sorted(one.spot.text for one in seen.items) == [
        "Free delivery from 50 euros",
        "Made by hand",
        "Thirty days to return",
    ]
    assert {one.kind for one in seen.items} == {"text"}
    assert not any(one.pause or one.elsewhere for one in seen.items)


def test_what_pauses_says_so_in_many_languages(watch: Watch) -> None:
    words = [
        "Zaustavi",
        "Ustavi vrtenje",
        "Peata",
        "Apturēt",
        "Pristabdyti",
        "Atura el carrusel",
        "توقف",
        "Keskeytä",
        "Zatrzymaj",
        "一時停止",
    ]
    rows = "".join(
        f"<section style='overflow:hidden;margin-bottom:200px'><p class=run>Running words</p><button>{one}</button></section>"
        for one in words
    )
    style = "<style>@keyframes run{to{transform:translateX(-300px)}} .run{animation:run 6s linear infinite;width:600px}</style>"
    assert [one.pause for one in watch(style + rows).items] == words


def test_a_box_to_tick_pauses_too(watch: Watch) -> None:
    seen = watch(
        """<style>@keyframes run{to{transform:translateX(-300px)}} .run{animation:run 6s linear infinite;width:600px} #p:checked~.run{animation-play-state:paused}</style>
        <h1>Lamp</h1><div><input type=checkbox id=p hidden><label for=p>Pause</label><div class=run>Free delivery from 50 euros</div></div>"""
    )
    assert [one.pause for one in seen.items] == ["Pause"]


def test_a_slider_that_says_that_it_stands_still_is_not_waited_for(watch: Watch) -> None:
    seen = watch(
        BASE
        + "<script>slider('still'); document.querySelector('#still').swiper = {params: {}, autoplay: {running: false}};</script>"
    )
    assert seen == Moving()


def test_a_page_without_anything_that_could_move(watch: Watch) -> None:
    bar, prices = (
        "<div class=announcement-bar><p>Free delivery</p></div>",
        "<div class=price-slider><input type=range></div>",
    )
    assert watch(f"{bar}<h1>Lamp</h1><ul><li>One</li><li>Two</li></ul>{prices}") == Moving()


def test_where_motion_is_unwanted_nothing_is_told(watch: Watch) -> None:
    unwanted = "matchMedia = (query) => ({matches: query.includes('reduced-motion: reduce')})"
    assert watch(BASE + f"<script>slider('still'); {unwanted}</script>") == Moving(
        skipped="the browser asks for reduced motion"
    )


def test_what_arrives_late_is_no_movement(watch: Watch) -> None:
    seen = watch(
        BASE
        + """<script>slider('cards'); const card = document.querySelector('#cards .track > div'); let at = 0;
        setInterval(() => { at += 1; card.textContent = 'Reviews ' + 'ab'[at % 2]; card.style.paddingTop = at % 2 * 9 + 'px' }, 1300)</script>"""
    )
    assert (seen.items, seen.watched) == ((), 1)


def test_videos_that_start_by_themselves(watch: Watch) -> None:
    seen = watch(
        """<h1>Lamp</h1><style>video{width:300px;height:100px}</style><canvas id=film width=30 height=30 hidden></canvas>
        <section><video id=plays autoplay muted></video></section>
        <section><video id=paused autoplay muted></video><button aria-label="Pause video">II</button></section>
        <section><video id=own autoplay muted controls></video></section><section><video id=lost autoplay muted src=/lost.mp4></video></section>
        <script>
        const film = document.querySelector('#film'), pen = film.getContext('2d'); let at = 0;
        setInterval(() => { at += 1; pen.fillStyle = at % 2 ? 'red' : 'blue'; pen.fillRect(0, 0, 30, 30) }, 50);
        for (const id of ['plays', 'paused', 'own']) document.getElementById(id).srcObject = film.captureStream();
        </script>"""
    )
    assert {one.spot.selector: (one.kind, one.pause) for one in seen.items} == {
        "#plays": ("video", ""),
        "#paused": ("video", "Pause video"),
    }
    assert seen.unplayed == 1
