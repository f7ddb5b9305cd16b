"""The demo shop: a small storefront with faults put in on purpose, to try the tool on and to test against."""

from auditor.demo.faults import Fault, load_faults
from auditor.demo.server import DemoShop

__all__ = ["DemoShop", "Fault", "load_faults"]
