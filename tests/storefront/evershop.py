"""EverShop (npm, PostgreSQL), a storefront that browsers build: installed once a machine, started with its own demo catalogue.

Its pictures and those of its demo catalogue are drawn here, so that nothing is asked of the world.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from random import Random, SystemRandom
from typing import NamedTuple

from PIL import Image, ImageDraw

VERSION = "2.2.1"
PACKAGES = (f"@evershop/evershop@{VERSION}", "concat-stream")  # the latter is asked for and not named by the former
NODE = 20
# What nobody but a shopper may bring into being
SHOPPERS = ("cart", "cart_item", '"order"', "customer", "blog_comment", "blog_reaction", "reset_password_token")
_SEEDED = {"blog_comment": 7}  # by the demo catalogue itself
_PATIENCE = 300.0


class Evershop(NamedTuple):
    url: str
    folder: Path
    database: int  # port

    def left_behind(self) -> dict[str, int]:
        """Rows of the tables that only shoppers fill, those of the demo catalogue aside; those with any."""
        counts = {name: int(_sql(self.database, f"SELECT count(*) FROM {name}", "shop")) for name in SHOPPERS}
        return {name: count for name, count in counts.items() if count != _SEEDED.get(name, 0)}


def lacking() -> str:
    """What this machine lacks to run it; empty where nothing."""
    if not shutil.which("npm") or not shutil.which("node"):
        return "Node.js and npm are not installed"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").partition(".")[0]) < NODE:
        return f"Node.js {NODE} or newer is needed, this is {version}"
    if not shutil.which("psql") or _postgres() is None:
        return "PostgreSQL is not installed (Debian, Ubuntu: apt install postgresql)"
    return ""


@contextmanager
def running(folder: Path) -> Iterator[Evershop]:
    """Serves it on loopback, filled; what was started is ended."""
    installed = _installed()
    with ExitStack() as stack:
        database = stack.enter_context(_database(folder / "database"))
        _sql(database, "CREATE DATABASE shop")
        port = _free_port()
        shop = _laid_out(folder / "shop", installed)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DB_", "NODE_"))},
            "DB_HOST": "127.0.0.1", "DB_PORT": str(database), "DB_NAME": "shop", "DB_USER": "postgres",
            "DB_PASSWORD": "none", "DB_SSLMODE": "disable", "PORT": str(port),
        }  # fmt: skip
        log = stack.enter_context((folder / "shop.log").open("w", encoding="utf-8"))
        process = subprocess.Popen(
            ["node", "node_modules/.bin/evershop", "start"],
            cwd=shop,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        stack.callback(_end, process)
        url = f"http://localhost:{port}/"
        _wait_for(url, process, folder / "shop.log")
        _fill(shop, environment)
        yield Evershop(url, folder, database)


def _installed() -> Path:
    """The package, installed and built; kept for the next time."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "auditor-tests" / f"evershop-{VERSION}"
    if (home / "built").exists():
        return home
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    # A module, or its build does not read its own files
    (home / "package.json").write_text(json.dumps({"name": "shop", "private": True, "type": "module"}))
    for name in ("media", "public", "config", "extensions", "translations"):
        (home / name).mkdir()
    (home / "config/default.json").write_text(json.dumps({"shop": {"language": "en", "currency": "USD"}}))
    _run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *PACKAGES], home)
    _leave_out_admin(home / "node_modules/@evershop/evershop/dist/bin/build/index.js")
    _run(["node", "node_modules/.bin/evershop", "build"], home)
    (home / "built").touch()
    return home


def _leave_out_admin(build: Path) -> None:
    """Pages of its back office are more than half of what is built, and nobody looks at them here."""
    text, all_routes = build.read_text(encoding="utf-8"), "= getRoutes();"
    assert text.count(all_routes) == 1
    build.write_text(text.replace(all_routes, "= getRoutes().filter((route) => !route.isAdmin);"), encoding="utf-8")


def _laid_out(shop: Path, installed: Path) -> Path:
    """A shop of its own beside the one package: its pictures and its demo catalogue are changed, its modules are not."""
    shutil.copytree(installed, shop, symlinks=True, ignore=shutil.ignore_patterns("node_modules"))
    (shop / "node_modules").symlink_to(installed / "node_modules")
    return shop


def _fill(shop: Path, environment: dict[str, str]) -> None:
    """Its own demo catalogue, with pictures from here instead of from the world."""
    data = (shop / "node_modules/@evershop/evershop/dist/bin/seed/data").resolve()
    with _pictures() as pictures:
        for file in data.glob("*.json"):
            text = file.read_text(encoding="utf-8")
            text = re.sub(r"https?://[^\"\s]*/seed/images/", f"{pictures}/", text)
            text = re.sub(r"https://picsum\.photos/seed/([\w-]+)/\d+/\d+", r"/assets/\1.jpg", text)
            text = re.sub(r"http://127\.0\.0\.1:\d+/", f"{pictures}/", text)  # of an earlier time
            file.write_text(text, encoding="utf-8")
        _run(["node", "node_modules/.bin/evershop", "seed", "--all"], shop, {**environment, "NODE_ENV": "production"})
    for name in set(re.findall(r"/assets/([\w-]+)\.jpg", (data / "blog.json").read_text(encoding="utf-8"))):
        (shop / "media" / f"{name}.jpg").write_bytes(_picture(name))


def _picture(name: str) -> bytes:
    """A picture of its own for every name."""
    chance = Random(name)
    image = Image.new("RGB", (1200, 900), tuple(chance.randint(120, 240) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        x, y, size = chance.randint(0, 1100), chance.randint(0, 800), chance.randint(20, 250)
        draw.ellipse((x, y, x + size, y + size), fill=tuple(chance.randint(0, 255) for _ in range(3)))
    data = BytesIO()
    image.save(data, "JPEG", quality=75)
    return data.getvalue()


@contextmanager
def _pictures() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = _picture(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _postgres() -> Path | None:
    """Where initdb and postgres are."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    return next((one for one in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


@contextmanager
def _database(folder: Path) -> Iterator[int]:
    """A PostgreSQL of its own on loopback; yields the port. It refuses to run as root, so root lends it to its user."""
    binaries = _postgres()
    assert binaries
    folder.mkdir(parents=True)
    as_user: list[str] = []
    if os.geteuid() == 0:
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
        for parent in folder.parents:  # folders of tests are their owner's alone
            if parent != Path("/") and not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o111)
    data, port = folder / "data", _free_port()
    _run([*as_user, str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "--no-sync"], folder)
    with (folder / "postgres.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*as_user, str(binaries / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder),
             "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        until = time.monotonic() + 180
        while subprocess.run(
            ["psql", *_at(port), "-c", "SELECT 1"], capture_output=True, check=False, timeout=30
        ).returncode:
            assert process.poll() is None, (folder / "postgres.log").read_text(encoding="utf-8")[-3_000:]
            assert time.monotonic() < until, "PostgreSQL did not start"
            time.sleep(0.2)
        yield port
    finally:
        _end(process)


def _at(port: int, database: str = "postgres") -> list[str]:
    return ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-d", database, "-At"]


def _sql(port: int, statement: str, database: str = "postgres") -> str:
    return _run(["psql", *_at(port, database), "-c", statement], Path.cwd()).strip()


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    ended = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=_PATIENCE * 2, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, f"{command}: {(ended.stdout + ended.stderr)[-3_000:]}"
    return ended.stdout


def _end(process: subprocess.Popen[bytes]) -> None:
    """It and what it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(15)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def _free_port() -> int:
    """One that no connection of the other tests is given before it is taken: those come from 32,768 on."""
    for port in SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text(encoding="utf-8")[-3_000:]
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.5)
    raise AssertionError(f"EverShop did not answer: {log.read_text(encoding='utf-8')[-3_000:]}")
