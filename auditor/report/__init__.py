"""VERB report: one result document, and files made from it: HTML, JSON, JUnit, and what the terminal shows."""
