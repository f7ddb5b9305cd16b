"""The store: one SQLite database and a folder of pictures per workspace. Verbs read from it and write to it; nobody else does.

One process writes at a time: the crawl process during its round, the pipeline's process otherwise. Workers only read.
"""
