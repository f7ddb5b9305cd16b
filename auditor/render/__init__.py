"""VERB render: opens pages in browsers and gathers evidence of what a shopper would see. The only room that imports Playwright."""

ENTRY = "auditor.render.worker:Renderer"  # its workers
