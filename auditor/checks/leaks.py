"""Checks for what should never reach a shopper: template code and placeholders in the visible text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import platforms
from auditor.model.finding import Excerpt, Observation, failed

_AROUND = 40  # characters shown on each side


@check(needs={"texts", "platform"})
def no_template_tokens(snapshot: Snapshot) -> Iterator[Observation]:
    """No template language of the platform (or of any, where it is not known) stands in the visible text or the title.

    Text of code samples is left out: articles about templates may show them.
    """
    text = f"{snapshot.texts.title}\n{snapshot.texts.visible}"
    seen: set[str] = set()
    for token in platforms.load().tokens(snapshot.platform.id):
        for match in re.finditer(token.pattern, text):
            written = " ".join(match[0].split())
            if written in seen:
                continue
            seen.add(written)
            start, end = max(0, match.start() - _AROUND), match.end() + _AROUND
            yield failed(written, Excerpt("text", " ".join(text[start:end].split())), token=written, what=token.what)
