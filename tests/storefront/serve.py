"""Builds the storefront in a folder and serves it on loopback until it is ended; a process of its own, since Django is one a process.

`python -m tests.storefront.serve FOLDER` prints the port once it answers. FOLDER/requests.log gets a line a request.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

THREADS = 8


def main(folder: Path, port: int = 0) -> None:
    os.environ["STOREFRONT_FOLDER"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.storefront.settings"
    import django
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from waitress.server import create_server

    django.setup()
    if not (folder / "filled").exists():
        build(folder, call_command)
    server = create_server(logged(get_wsgi_application(), folder / "requests.log"), host="127.0.0.1", port=port, threads=THREADS)  # fmt: skip
    from django.contrib.sites.models import Site

    site = Site.objects.get_current()
    site.domain, site.name = f"127.0.0.1:{server.effective_port}", "Harbour & Hearth"
    site.save()
    print(server.effective_port, flush=True)  # noqa: T201
    server.run()


def build(folder: Path, call_command: Callable[..., Any]) -> None:
    """Database and pictures, once."""
    import oscar

    from tests.storefront.stock import fill

    media = folder / "media"
    media.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(oscar.__file__).parent / "static/oscar/img/image_not_found.jpg", media)
    call_command("migrate", run_syncdb=True, verbosity=0)
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")
    with transaction.atomic():
        fill()
    call_command("update_index", verbosity=0)
    (folder / "filled").touch()


def logged(application: Callable[..., Iterable[bytes]], path: Path) -> Callable[..., Iterable[bytes]]:
    """Writes method, path and status of each request."""
    lock = threading.Lock()

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, *rest: Any) -> Any:
            query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
            with lock, path.open("a", encoding="utf-8") as file:
                file.write(f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '')}{query} {status[:3]}\n")
            return start_response(status, *rest)

        return application(environ, start)

    return wrapped


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
