"""Collectors: each gathers one kind of evidence from an open tab. Those with a script have it beside them as a .js file.

    look.py         what a collector is handed, and how a script is run in the page
    document.py     the HTML as it stands
    texts.py        visible text, headings, prices with their style
    layout.py       width against the viewport, what sticks out, and whether the product's parts can be seen
    reading.py      small type, texts cut off, what lies over the page, what still waits
    options.py      the controls by which a shopper chooses colour or size
    outline.py      headings, landmarks, size of the document
    releases.py     which releases of libraries run, in their own words
    images.py       natural and shown size, broken or not
    fonts.py        faces and what became of them
    frames.py       documents inside the page
    paint.py        first and largest paint, layout shifts, long tasks, resources
    reflow.py       the layout again at 320 pixels
    service_workers.py  those that the page wanted; none may run
    moving.py       what moves by itself, and whether something pauses it
    screenshots.py  pictures as files by content hash
    areas.py        what the pictures are made of, and what in them changes from visit to visit
    axe.py          axe-core in every frame
    cookies.py      cookies and storage keys
    fingerprints.py  scripts that tell browsers apart by drawing, fonts or sound
    unloads.py      who listens to unload
    watchers.py     scripts that run before the page's own
    crossings.py    whether tags hand the visitor on to a checkout on another domain; behind the closed gate
    dialogs.py      what covers the page when opened by keyboard, and where the focus goes; behind the closed gate
    typed.py        what others are sent of what is typed and not submitted; behind the closed gate
    console.py      messages and errors; listens from before navigation
    order.py        what is collected, in which order, and what is asked together in one round trip
    scroll.py       brings lazy images into view; gathers nothing

Requests are the recorder's.
"""
