"""Preflight and the order of the stages: crawl ⇄ render, evaluate, gate, report; and only that."""

from auditor.pipeline.audit import Audit, Outcome
from auditor.pipeline.preflight import load_packs, refuse_unsafe

__all__ = ["Audit", "Outcome", "load_packs", "refuse_unsafe"]
