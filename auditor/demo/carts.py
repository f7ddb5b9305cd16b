"""Carts and everything else a request can change in the demo shop, kept in memory and counted."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

_MOST_CARTS = 1000
_MOST_OF_ONE = 99


@dataclass(slots=True)
class Cart:
    """The lines of one visitor: how many of each SKU."""

    lines: dict[str, int] = field(default_factory=dict)

    @property
    def pieces(self) -> int:
        """How many things are in the cart."""
        return sum(self.lines.values())


class Carts:
    """All carts by session, the oldest forgotten first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._carts: OrderedDict[str, Cart] = OrderedDict()
        self._changes = 0

    @property
    def filled(self) -> int:
        """How many carts hold lines."""
        with self._lock:
            return sum(bool(cart.lines) for cart in self._carts.values())

    @property
    def changes(self) -> int:
        """How many requests changed something: a cart, a wish list, a comparison, the currency, a session."""
        with self._lock:
            return self._changes

    def lines(self, session: str) -> dict[str, int]:
        """A copy of the lines of the session's cart."""
        with self._lock:
            cart = self._carts.get(session)
            return dict(cart.lines) if cart else {}

    def pieces(self, session: str) -> int:
        """How many things are in the session's cart."""
        with self._lock:
            cart = self._carts.get(session)
            return cart.pieces if cart else 0

    def note_change(self) -> None:
        """Count a change of something that is not a cart."""
        with self._lock:
            self._changes += 1

    def add(self, session: str, sku: str, quantity: int) -> str:
        """Put something in the cart; returns the session, a new one if there was none."""
        with self._lock:
            self._changes += 1
            if session not in self._carts:
                session = secrets.token_urlsafe(16)
                self._carts[session] = Cart()
                while len(self._carts) > _MOST_CARTS:
                    self._carts.popitem(last=False)
            lines = self._carts[session].lines
            lines[sku] = min(_MOST_OF_ONE, lines.get(sku, 0) + max(1, quantity))
            return session

    def change(self, session: str, sku: str, quantity: int) -> None:
        """Set how many of a SKU are in the cart; none removes the line."""
        with self._lock:
            self._changes += 1
            cart = self._carts.get(session)
            if cart and sku in cart.lines:
                cart.lines[sku] = min(_MOST_OF_ONE, quantity)
                if quantity <= 0:
                    del cart.lines[sku]

    def clear(self, session: str) -> None:
        """Empty the cart."""
        with self._lock:
            self._changes += 1
            self._carts.pop(session, None)
