"""Checks: small functions from facts and evidence to observations, one file per subject. They register by decorator."""
