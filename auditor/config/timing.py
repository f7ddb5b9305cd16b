"""What is measured of speed: how many loads of which pages; the budgets they are held to are the gate's."""

from __future__ import annotations

from pydantic import Field

from auditor.model.words import PageType
from auditor.model.written import Written


class Timing(Written):
    """Loads measured for their times: one after the other in Chromium, each with an empty cache, nothing beside them."""

    repeats: int = Field(default=3, ge=0, le=15)  # loads of each page, of which the median counts; 0: none
    page_types: tuple[PageType, ...] = (PageType.HOME, PageType.CATEGORY, PageType.PRODUCT)
    pages: int = Field(default=1, ge=1)  # of each page type
