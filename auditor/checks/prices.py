"""Checks of prices: what is shown against what is said elsewhere."""

from __future__ import annotations
