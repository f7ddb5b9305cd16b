"""What was seen, one file per kind of evidence; plain data that the store keeps and facts read.

Every kind is a msgspec struct. `KINDS` (bundle.py) names them; a browser's snapshot holds a bundle of them.
"""
