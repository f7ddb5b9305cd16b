"""Evidence of what others were sent of what was typed and not submitted. Nothing of it left this machine."""

from __future__ import annotations

import msgspec


class Overheard(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request to a third party that held what stood in a field."""

    url: str  # without its query, which held it
    field: str  # password, card, email
    form: str = "as it stands"  # or: encoded, hashed
    vendor: str = ""


class Typed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`fields`: kinds of fields that something was typed into; `unread`: hosts of others that were sent what this browser does not tell."""

    fields: tuple[str, ...] = ()
    heard: tuple[Overheard, ...] = ()
    unread: tuple[str, ...] = ()
    skipped: str = ""  # why nothing was typed
