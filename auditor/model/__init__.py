"""The nouns that pass between the stages: pages, snapshots, rules, findings, runs and errors."""
