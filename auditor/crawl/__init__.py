"""VERB crawl: fetches the site by http and keeps what it answered. One round is one child process, since a reactor starts once.

process.py (parent) ─ job over stdin ─> child.py ─> spider.py: which URL next ─> fetch.py: one URL, hop by hop, through Scrapy's
downloader ─> outcomes.py: what came of it ─> ledger.py: the store. scope.py, robots.py and links.py say what is known and why it is
not fetched; throttle.py says when. During its round the child writes what it fetched; the parent reads progress there.
"""
