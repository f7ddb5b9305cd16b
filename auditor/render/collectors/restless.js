// Whether anything of the page itself can still come about: scripts, handlers, frames. And what waits to be scrolled to.
const CODE = /^$|^(text|application)\/(x-)?(java|ecma)script|^module$/i;
let scripts = false;
const all = document.scripts;
for (let i = 0; i < all.length && !scripts; i += 1) scripts = CODE.test((all[i].getAttribute('type') || '').split(';')[0].trim());
const handlers = document.evaluate("boolean(//@*[starts-with(name(), 'on')])", document, null, XPathResult.BOOLEAN_TYPE, null).booleanValue;
const others = document.querySelector('iframe, frame, object, embed, portal, fencedframe, meta[http-equiv="refresh" i], svg script') !== null;
return { scripts: scripts || handlers || others, lazy: document.querySelector('[loading="lazy"], video, audio') !== null };
