from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from auditor.config.devices import DEVICES
from auditor.config.session import Cookie, Session
from auditor.model.errors import IncompleteError
from auditor.model.words import BrowserName
from auditor.render import browsers, install
from auditor.render.browsers import Found, Missing, find, launch
from auditor.render.identity import client_hints, context_options, prepare, session_options, user_agent
from auditor.render.task import RenderSettings
from auditor.render.wall import Wall
from tests.render.servers import Answer, Server

TOKEN = "auditor-test/1.0"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without browsers: an empty PATH, and no build of Playwright's."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "builds"))
    for name in BrowserName:
        monkeypatch.delenv(f"AUDITOR_{name.upper()}", raising=False)
    return tmp_path


def program(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o755)
    return path


def build(folder: Path, inside: str, version: str, *, complete: bool = True) -> Path:
    path = program(folder / inside, f"echo 'Browser {version}'")
    if complete:
        (folder / "INSTALLATION_COMPLETE").touch()
    return path


def revision(name: str) -> str:
    return browsers._playwright_table()[name].revision


def test_none_there(bare: Path) -> None:
    for name in BrowserName:
        answer = find(name)
        assert isinstance(answer, Missing)
        assert answer.command == f"auditor browsers install {name}"
    assert browsers.available() == []


def test_configured_comes_first(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare / "bin" / "chromium", "echo 'Chromium 150.0.1.2'")
    mine = program(bare / "mine", "echo 'Chromium 151.0.1.2'")
    theirs = program(bare / "theirs", "echo 'Chromium 152.0.1.2'")
    monkeypatch.setenv("AUDITOR_CHROMIUM", str(theirs))
    assert find("chromium", str(mine)) == Found(
        name=BrowserName.CHROMIUM, path=str(mine), source="configured", version="151.0.1.2", protocol="cdp"
    )
    assert find("chromium").path == str(theirs)  # type: ignore[union-attr]


def test_configured_and_wrong_is_never_another_browser(bare: Path) -> None:
    program(bare / "bin" / "chromium", "echo 'Chromium 150.0.1.2'")
    answer = find("chromium", str(bare / "nowhere"))
    assert isinstance(answer, Missing)
    assert "nowhere is not an executable" in answer.reason


def test_playwrights_own_build_before_the_systems(bare: Path) -> None:
    program(bare / "bin" / "chromium-headless-shell", "echo 'Chromium 150.0.1.2'")
    number = revision("chromium-headless-shell")
    shell = build(
        bare / "builds" / f"chromium_headless_shell-{number}",
        "chrome-headless-shell-linux64/chrome-headless-shell",
        "156.0.1.2",
    )
    full = build(bare / "builds" / f"chromium-{revision('chromium')}", "chrome-linux64/chrome", "156.0.1.3")
    assert (find("chromium").path, find("chromium").source) == (str(shell), "playwright")  # type: ignore[union-attr]
    shell.unlink()
    assert find("chromium").path == str(full)  # type: ignore[union-attr]


def test_a_build_half_downloaded_or_of_another_revision_is_none(bare: Path) -> None:
    build(bare / "builds" / f"firefox-{revision('firefox')}", "firefox/firefox", "157.0", complete=False)
    build(bare / "builds" / "firefox-1", "firefox/firefox", "80.0")
    assert isinstance(find("firefox"), Missing)


def test_playwrights_firefox_speaks_juggler_and_a_stock_one_bidi(bare: Path) -> None:
    program(bare / "bin" / "firefox-esr", "echo 'Mozilla Firefox 153.7.0esr'")
    stock = find("firefox")
    assert isinstance(stock, Found)
    assert (stock.protocol, stock.version) == ("bidi", "153.7.0")
    folder = bare / "builds" / f"firefox-{revision('firefox')}"
    build(folder, "firefox/firefox", "157.0")
    (folder / "firefox" / "playwright.cfg").touch()
    assert find("firefox").protocol == "juggler"  # type: ignore[union-attr]


def test_webkit_is_found_without_being_run(bare: Path) -> None:
    path = build(bare / "builds" / f"webkit-{revision('webkit')}", "pw_run.sh", "")
    answer = find("webkit")
    assert isinstance(answer, Found)
    assert (answer.path, answer.protocol) == (str(path), "webkit")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["echo 'Mozilla Firefox 128.9.0esr'"], "too old"),
        (['exec /snap/bin/firefox "$@"'], "snap"),
        (["echo 'error while loading shared libraries: libgtk-3.so.0' >&2; exit 127"], "libgtk-3.so.0"),
        (["echo hello"], "--version ended with 0: hello"),
    ],
)
def test_unusable_is_missing_with_its_reason(bare: Path, lines: list[str], reason: str) -> None:
    program(bare / "bin" / "firefox", *lines)
    answer = find("firefox")
    assert isinstance(answer, Missing)
    assert reason in answer.reason


def test_not_runnable_is_missing(bare: Path) -> None:
    path = bare / "bin" / "chromium"
    path.write_bytes(b"\x7fELF nonsense")
    path.chmod(0o755)
    answer = find("chromium")
    assert isinstance(answer, Missing)
    assert "cannot be run" in answer.reason


def test_user_agents_are_the_browsers_own_and_the_token() -> None:
    chromium = Found(
        name=BrowserName.CHROMIUM, path="/usr/bin/chromium", source="system", version="156.0.8078.79", protocol="cdp"
    )
    firefox = Found(
        name=BrowserName.FIREFOX, path="/usr/bin/firefox", source="system", version="153.7.0", protocol="bidi"
    )
    webkit = Found(name=BrowserName.WEBKIT, path="/w", source="playwright", version="27.2", protocol="webkit")
    assert user_agent(chromium, DEVICES["phone"], TOKEN) == (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36 "
        + TOKEN
    )
    assert "Mobile" not in user_agent(chromium, DEVICES["tablet"], TOKEN)
    assert user_agent(firefox, DEVICES["phone"], TOKEN) == (
        "Mozilla/5.0 (Android 15; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0 " + TOKEN
    )
    assert "Android 15; Tablet" in user_agent(firefox, DEVICES["tablet"], TOKEN)
    assert "iPhone" in user_agent(webkit, DEVICES["phone"], "")
    hints = client_hints(chromium, DEVICES["phone"])
    assert (hints["platform"], hints["platformVersion"], hints["model"], hints["mobile"]) == (
        "Android",
        "15.0.0",
        "Pixel 8",
        True,
    )
    assert client_hints(chromium, DEVICES["tablet"])["mobile"] is False


def test_the_session_stays_with_the_shop() -> None:
    session = Session(
        origins=("https://staging.shop.example",),
        basic_auth=("qa", "secret"),
        cookies=(Cookie(name="preview", value="1", domain="staging.shop.example"),),
        local_storage={"https://staging.shop.example": {"token": "t"}},
    )
    settings = RenderSettings(files="", site_hosts=("staging.shop.example",), session=session)
    given = session_options(settings, "https://staging.shop.example")
    assert given["http_credentials"]["origin"] == "https://staging.shop.example"
    assert [(one["name"], one["domain"]) for one in given["storage_state"]["cookies"]] == [
        ("preview", "staging.shop.example")
    ]
    for other in ("https://elsewhere.example", "http://staging.shop.example", "https://staging.shop.example:8443"):
        assert session_options(settings, other) == {}
    assert session_options(RenderSettings(files="", site_hosts=("shop.example",)), "https://shop.example") == {}


def test_install_names_what_the_system_has() -> None:
    debian = {"ID": "debian"}
    assert install.packages(list(BrowserName), debian) == ["chromium-headless-shell", "firefox-esr"]
    assert install.packages(list(BrowserName), {"ID": "raspbian", "ID_LIKE": "debian"}) == [
        "chromium-headless-shell",
        "firefox-esr",
    ]
    assert install.packages(list(BrowserName), {"ID": "ubuntu", "ID_LIKE": "debian"}) == []
    assert "--only-shell" in install.playwright_command([BrowserName.CHROMIUM, BrowserName.FIREFOX])
    assert "--only-shell" not in install.playwright_command([BrowserName.FIREFOX])


def test_install_shows_what_is_run_and_survives_failure(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fails = program(bare / "fails", "echo download refused; exit 3")
    monkeypatch.setattr(install, "playwright_command", lambda _: [str(fails)])
    monkeypatch.setattr(install, "os_release", lambda: {"ID": "ubuntu", "PRETTY_NAME": "Ubuntu 26.04"})
    said: list[str] = []
    answers = install.install(["firefox"], say=said.append)
    assert isinstance(answers[0], Missing)
    assert "download refused" in said
    assert any("ended with 3" in line for line in said)
    assert any("Ubuntu 26.04" in line and "snaps" in line for line in said)


def test_install_is_bounded_in_time(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = program(bare / "hangs", "exec /bin/sleep 60")
    monkeypatch.setattr(install, "playwright_command", lambda _: [str(hangs)])
    said: list[str] = []
    install.install(["webkit"], source="playwright", say=said.append, download_seconds=0.2)
    assert any("took more than" in line for line in said)


def test_install_falls_back_to_packages(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fails = program(bare / "fails", "exit 1")
    monkeypatch.setattr(install, "playwright_command", lambda _: [str(fails)])
    monkeypatch.setattr(install, "os_release", lambda: {"ID": "debian"})
    monkeypatch.setattr(install, "_as_root", list)
    firefox = bare / "bin" / "firefox-esr"
    program(
        bare / "bin" / "apt-get",
        f'case "$1" in install) echo "#!/bin/sh" > {firefox}; echo "echo Mozilla Firefox 153.7.0" >> {firefox}; /bin/chmod +x {firefox};; esac',
    )
    answers = install.install(["firefox"], say=lambda _: None)
    assert isinstance(answers[0], Found)
    assert answers[0].source == "system"


def test_install_leaves_alone_what_is_there(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare / "bin" / "firefox", "echo 'Mozilla Firefox 160.0'")
    said: list[str] = []
    answers = install.install(["firefox"], say=said.append)
    assert isinstance(answers[0], Found)
    assert said == []


@pytest.mark.browser
def test_a_browser_that_does_not_start_is_said_so(playwright: object, tmp_path: Path) -> None:
    broken = program(tmp_path / "chromium", "[ \"$1\" = --version ] && echo 'Chromium 156.0.0.1' && exit 0", "exit 1")
    answer = find("chromium", str(broken))
    assert isinstance(answer, Found)
    with pytest.raises(IncompleteError, match="did not start"):
        launch(playwright, answer, "127.0.0.1:9")  # type: ignore[arg-type]


# -- in real browsers


@pytest.fixture(scope="module")
def wall() -> Iterator[Wall]:
    with Wall(grace_seconds=0.05) as wall:
        yield wall


@pytest.fixture(scope="module")
def opened(start: Callable[[Wall], Browser], wall: Wall) -> Browser:
    return start(wall)


def echoing(server: Server) -> None:
    """A page that asks for one of each: script, fetch, worker and what the worker fetches, a frame."""
    script = {"Content-Type": "text/javascript"}
    server.answers |= {
        "/": Answer(
            "<body><script src=/script.js></script><script>fetch('/fetched'); new Worker('/worker.js');"
            "const f = document.createElement('iframe'); f.src = '/frame'; document.body.append(f);</script>"
        ),
        "/script.js": Answer("", headers=script),
        "/worker.js": Answer("fetch('/by-worker')", headers=script),
        "/frame": Answer("<script>fetch('/by-frame')</script>"),
        "*": Answer(""),
    }


ALL = {"/", "/script.js", "/fetched", "/worker.js", "/by-worker", "/frame", "/by-frame"}


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_identity_is_one_wherever_it_is_told(
    opened: Browser, wall: Wall, found: Found, tls_server: Server, device: str
) -> None:
    echoing(tls_server)
    settings = RenderSettings(
        files="",
        site_hosts=(tls_server.address,),
        token=TOKEN,
        locale="de-DE",
        ignore_tls_errors=True,
        timezone="Europe/Berlin",
    )
    wall.begin(settings.site_hosts)
    context: BrowserContext = opened.new_context(**context_options(found, DEVICES[device], settings))
    tab: Page = context.new_page()
    assert prepare(context, tab, found, DEVICES[device], settings) == ""
    with tab.expect_request("**/by-frame"), tab.expect_request("**/by-worker"):
        tab.goto(tls_server.url("/"))
    tab.wait_for_load_state("networkidle")
    told = tab.evaluate(
        "[navigator.userAgent, navigator.language, screen.width, Intl.DateTimeFormat().resolvedOptions().timeZone]"
    )
    hints = tab.evaluate(
        "navigator.userAgentData ? navigator.userAgentData.getHighEntropyValues(['model', 'fullVersionList']) : null"
    )
    context.close()
    wall.end()

    expected = user_agent(found, DEVICES[device], TOKEN)
    assert told == [expected, "de-DE", DEVICES[device].width, "Europe/Berlin"]
    asked = {one.path: one.headers for one in tls_server.asked if one.path in ALL}
    assert set(asked) == ALL
    # over BiDi a worker keeps Firefox's own user agent (seen with 153)
    told_by = ALL - {"/by-worker"} if found.protocol == "bidi" else ALL
    assert {path: asked[path]["user-agent"] for path in told_by} == dict.fromkeys(told_by, expected)
    # what a worker fetches says no language and no hints in Chromium's headless shell (seen)
    assert all(
        headers["accept-language"].startswith("de-DE") for path, headers in asked.items() if path != "/by-worker"
    )
    said = [headers["sec-ch-ua"] for headers in asked.values() if "sec-ch-ua" in headers]
    assert not any("Headless" in brands for brands in said)
    if found.protocol == "cdp":
        assert len(said) >= 4
        assert asked["/"]["sec-ch-ua-mobile"] == ("?1" if device == "phone" else "?0")
        assert asked["/"]["sec-ch-ua-platform"] == ('"Android"' if device == "phone" else '"Linux"')
        assert hints["model"] == ("Pixel 8" if device == "phone" else "")
        assert {"brand": "Chromium", "version": found.version} in hints["fullVersionList"]
    else:
        assert hints is None


def test_the_browser_asks_nobody_of_its_own_accord(opened: Browser, wall: Wall) -> None:
    before = wall.idle
    context = opened.new_context()
    tab = context.new_page()
    tab.goto("about:blank")
    tab.wait_for_timeout(1500)
    context.close()
    assert wall.idle == before


def test_everything_goes_through_the_wall(opened: Browser, wall: Wall, server: Server, tls_server: Server) -> None:
    for one in (server, tls_server):
        one.answers["*"] = Answer("here")
    context = opened.new_context(ignore_https_errors=True)
    tab = context.new_page()
    urls = [
        server.url("/a"),
        f"http://localhost:{server.port}/b",
        tls_server.url("/c"),
        f"https://localhost:{tls_server.port}/d",
    ]
    before = wall.idle
    wall.begin([])
    script = "url => fetch(url, {mode: 'no-cors'}).then(() => true, () => false)"
    # a plain answer of the wall's own can be read by fetch, so what counts is what the servers saw
    for url in urls:
        tab.evaluate(script, url)
    wall.end()
    refused = {place for place, count in wall.idle.items() if count > before.get(place, 0)}
    assert server.connections == tls_server.connections == 0
    assert refused == {(host, one.port) for host in ("127.0.0.1", "localhost") for one in (server, tls_server)}

    wall.begin([server.address, f"localhost:{server.port}", tls_server.address, f"localhost:{tls_server.port}"])
    assert [tab.evaluate(script, url) for url in urls] == [True] * 4
    assert (server.paths(), tls_server.paths()) == (["/a", "/b"], ["/c", "/d"])
    context.close()
    wall.end()


def test_finding_is_fast(bare: Path) -> None:
    program(bare / "bin" / "chromium", "echo 'Chromium 150.0.1.2'")
    began = os.times().elapsed
    find("chromium")
    assert os.times().elapsed - began < 5
