"""`auditor migration`: old addresses on the shop's own and on an old host, each with where it ends."""

from __future__ import annotations

from pathlib import Path

from tests.crawl.nasty import page, serving, text, to
from tests.e2e.kit import auditor, config

OLD = """old;new
http://old.example/blue-lamp.html;/products/blue-lamp
http://old.example/red-lamp.html;/products/red-lamp
/about;
/gone;
/twice;
old.example/no-scheme;
"""


def test_where_old_addresses_end(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text(OLD)
    new = "http://shop.example"
    with serving() as old, serving() as shop:
        old.routes |= {
            "/robots.txt": text(""), "/blue-lamp.html": to(f"{new}/products/blue-lamp", 301),
            "/red-lamp.html": to(f"{new}/products/blue-lamp", 301),
        }  # fmt: skip
        shop.routes |= {
            "/robots.txt": text(""), "/": page("/never", title="Home"), "/products/blue-lamp": page(title="Blue lamp"),
            "/products/red-lamp": page(title="Red lamp"), "/about": to("/", 301), "/twice": to("/once", 301),
            "/once": to("/products/blue-lamp", 301),
        }  # fmt: skip
        resolve = {"old.example": f"127.0.0.1:{old.port}", "shop.example": f"127.0.0.1:{shop.port}"}
        told = config(tmp_path, f"{new}/", resolve=resolve, access={"headers": {"X-Key": "${KEY}"}})
        done = auditor(tmp_path, "migration", "old.csv", told, "--fail-on", "serious", env={"KEY": "hush-hush-hush"})
        assert done.code == 1, done.said
        assert (
            "old.csv:7: 'old.example/no-scheme' has no scheme; did you mean https://old.example/no-scheme?" in done.err
        )
        messages = {(one["rule"], found["message"]) for one in done.result["problems"] for found in one["findings"]}
        assert messages == {
            ("migration/old-address", "The old address answers 404 (not found)."),
            ("migration/old-address", f"The old address takes 2 redirects to {new}/products/blue-lamp."),
            (
                "migration/old-target",
                f"The old address ends at {new}/products/blue-lamp; the list says {new}/products/red-lamp.",
            ),
            ("migration/lost-product", f"The old address {new}/about is redirected to the home page, {new}/."),
        }
        assert shop.hits["/never"] == 0
        assert all("x-key" not in visit.headers for visit in old.visits)
        assert all(visit.headers["x-key"] == "hush-hush-hush" for visit in shop.visits)
        (tmp_path / "old.csv").unlink()
        again = auditor(tmp_path, "evaluate", done.run)
        assert again.code == 0, again.said
        assert "4 problems" in again.out
