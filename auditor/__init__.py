"""auditor: audits storefronts and says what it could not check. docs/architecture.md draws the way of a page through it."""

__version__ = "0.1.0"
