"""VERB gate: from problems and coverage to a verdict and its exit code."""
