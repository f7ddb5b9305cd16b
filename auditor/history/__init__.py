"""What is the same fault in two runs: identity of findings and problems."""
