"""VERB evaluate: judges what was gathered, without a browser or a network. The same evidence and rules give the same findings."""
