"""`python -m auditor.demo` serves the demo shop until Ctrl-C."""

import argparse
import threading
from collections.abc import Sequence

from auditor.demo.server import DemoShop


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m auditor.demo", description="Serve the demo shop.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--clean", action="store_true", help="without the faults put in on purpose")
    options = parser.parse_args(arguments)
    try:
        with DemoShop(clean=options.clean, host=options.host, port=options.port) as shop:
            print(f"Lantern & Loom is open at {shop.url} (Ctrl-C closes it)", flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        print("\nclosed")


if __name__ == "__main__":
    main()
