"""Collectors: each gathers one kind of evidence from an open tab. Those with a script have it beside them as a .js file.

    look.py         what a collector is handed, and how a script is run in the page
    document.py     the HTML as it stands
    texts.py        visible text, headings, prices with their style
    layout.py       width against the viewport, what sticks out, and whether the product's parts can be seen
    images.py       natural and shown size, broken or not
    screenshots.py  pictures as files by content hash
    axe.py          axe-core in every frame
    cookies.py      cookies and storage keys
    console.py      messages and errors; listens from before navigation
    scroll.py       brings lazy images into view; gathers nothing

Requests are the recorder's.
"""
