// How the page reads at rest: small type, texts cut off by their own box, what lies over the page, what still waits.
const SMALL = 12;
const wide = document.documentElement.clientWidth || window.innerWidth;
const high = window.innerHeight;
const CONSENT_WORDS = /cookie|consent|gdpr|ccpa|onetrust|usercentrics|didomi|osano|iubenda|klaro|axeptio|termly|tarteaucitron|cmp(?![a-z])/i;
const AGE_WORDS = /\bage[\s_-]?(gate|check|verif\w*|confirm\w*)\b|\b(18|21)\s*(\+|years|jahre|ans|años|anni|jaar|or older|oder älter)|old enough|date of birth|of legal/i;
const CLOSE_WORDS = /close|dismiss|no,? thanks|not now|schlie(ß|ss)en|fermer|cerrar|chiudi|sluiten|×|✕|✖/i;

const MOST_TEXTS = 6000;
let characters = 0;
let small = 0;
const smallBy = new Map();
let texts = 0;
const walker = document.createTreeWalker(document.body || document.documentElement, 4);
const sizeMemo = new Map();
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  texts += 1;
  if (texts > MOST_TEXTS) break;
  const parent = node.parentElement;
  if (!parent || SKIPPED_TAGS[parent.nodeName] || !/\S/.test(node.nodeValue)) continue;
  let told = sizeMemo.get(parent);
  if (told === undefined) {
    const rect = parent.getBoundingClientRect();
    // words for screen readers alone are one pixel large
    const seen = rect.width > 2 && rect.height > 2 && isDrawn(parent);
    told = seen ? parseFloat(getComputedStyle(parent).fontSize) || 0 : -1;
    sizeMemo.set(parent, told);
  }
  if (told < 0) continue;
  const length = fold(node.nodeValue).length;
  characters += length;
  if (told > 0 && told < SMALL - 0.05 && !/^(SUP|SUB)$/.test(parent.nodeName)) {
    small += length;
    smallBy.set(parent, (smallBy.get(parent) || 0) + length);
  }
}
const smallest = [...smallBy.entries()].sort((a, b) => b[1] - a[1]).slice(0, 5);
const small_spots = [];
for (let i = 0; i < smallest.length; i += 1) small_spots[i] = spotOf(smallest[i][0]);

// -- texts cut off

function kindOf(element) {
  if (/^H1$/.test(element.nodeName)) return 'title';
  if (element.nodeName === 'BUTTON' || element.getAttribute('role') === 'button') return 'button';
  if (/(^|[\s_-])(price|money|amount)([\s_-]|$)/i.test(classesOf(element)) && amountsIn(fold(element.textContent.slice(0, 100)), 1).length) return 'price';
  if (/^H[2-4]$/.test(element.nodeName) || /(product|card)[\w-]*(title|name|heading)/i.test(classesOf(element))) return 'name';
  return '';
}

// The text's own boxes against the box that clips them.
function cutOf(element) {
  const style = getComputedStyle(element);
  const across = style.overflowX === 'hidden' || style.overflowX === 'clip';
  const down = style.overflowY === 'hidden' || style.overflowY === 'clip';
  if (!across && !down) return null;
  const rect = element.getBoundingClientRect();
  if (rect.width < 8 || rect.height < 8 || !isDrawn(element)) return null;
  const range = document.createRange();
  range.selectNodeContents(element);
  let right = 0;
  let bottom = 0;
  const boxes = range.getClientRects();
  let texty = 0;
  for (let i = 0; i < boxes.length && i < 60; i += 1) {
    if (boxes[i].width < 1 || boxes[i].height < 1) continue;
    texty += 1;
    right = Math.max(right, boxes[i].right - rect.right, rect.left - boxes[i].left);
    // a line that begins above the edge is cut through its letters
    if (boxes[i].top < rect.bottom - 2) bottom = Math.max(bottom, boxes[i].bottom - rect.bottom - boxes[i].height * 0.25);
  }
  if (!texty) return null;
  const hidden = Math.max(across ? right : 0, down ? bottom : 0);
  const designed = style.textOverflow === 'ellipsis' || (style.webkitLineClamp && style.webkitLineClamp !== 'none');
  return hidden > 3 ? { hidden, designed: !!designed } : null;
}

const cut_texts = [];
const labelled = document.querySelectorAll('h1, h2, h3, h4, button, [role="button"], [class*="price" i], [class*="money" i], [class*="title" i], [class*="name" i]');
for (let i = 0; i < labelled.length && i < 3000 && cut_texts.length < 40; i += 1) {
  const element = labelled[i];
  const text = fold(element.textContent.slice(0, 400));
  if (!text || element.querySelector('img, svg, input, select, iframe, video')) continue;
  const kind = kindOf(element);
  if (!kind) continue;
  const found = cutOf(element);
  if (found) cut_texts[cut_texts.length] = { kind, spot: spotOf(element), hidden_px: round(found.hidden), designed: found.designed };
}

// -- what lies over the page

function overlayAt(x, y) {
  let hit = document.elementFromPoint(x, y);
  let top = null;
  for (let i = 0; hit && i < 100; i += 1, hit = drawnParent(hit)) {
    if (hit === document.body || hit === document.documentElement) break;
    const position = getComputedStyle(hit).position;
    if (position === 'fixed' || hit.nodeName === 'DIALOG' || hit.hasAttribute('popover')) top = hit;
  }
  return top;
}

const tally = new Map();
const GRID = 8;
for (let row = 0; row < GRID; row += 1) {
  for (let column = 0; column < GRID; column += 1) {
    const over = overlayAt(((column + 0.5) / GRID) * wide, ((row + 0.5) / GRID) * high);
    if (over) tally.set(over, (tally.get(over) || 0) + 1);
  }
}
const overlays = [];
for (const [element, count] of tally) {
  const share = count / (GRID * GRID);
  if (share < 0.25 || overlays.length >= 5) continue;
  const text = fold((element.textContent || '').slice(0, 3000));
  const inner = element.querySelector('iframe');
  const words = (typeof element.id === 'string' ? element.id : '') + ' ' + classesOf(element) + ' ' + (element.getAttribute('aria-label') || '') + ' ' + (inner ? (inner.title || '') + ' ' + (inner.src || '').slice(0, 200) : '');
  // A veil without words belongs to what stands before it; a page built inside a fixed box is no overlay.
  if (!text && !inner && !element.querySelector('img')) continue;
  if (element.querySelector('h1, main') && text.length > 1500) continue;
  const dialog = element.nodeName === 'DIALOG' || /^(alert)?dialog$/.test(element.getAttribute('role') || '') || !!element.querySelector('dialog[open], [role="dialog"], [role="alertdialog"], [aria-modal="true"]');
  const kind = CONSENT_WORDS.test(words) || /\bcookies?\b/i.test(text.slice(0, 1500)) ? 'consent' : AGE_WORDS.test(words + ' ' + text.slice(0, 600)) ? 'age' : dialog ? 'dialog' : 'fixed';
  let closes = false;
  const controls = element.querySelectorAll('button, [role="button"], a, input[type="button"], summary');
  for (let i = 0; i < controls.length && i < 60 && !closes; i += 1) {
    closes = CLOSE_WORDS.test(fold(controls[i].textContent).slice(0, 40) + ' ' + (controls[i].getAttribute('aria-label') || '') + ' ' + (controls[i].title || '') + ' ' + classesOf(controls[i]));
  }
  overlays[overlays.length] = { kind, spot: spotOf(element), share: round(share * 10) / 10, closes };
}

// -- what still waits

const waiting = [];
const placeholders = document.querySelectorAll('[class*="skeleton" i], [class*="shimmer" i], [class*="spinner" i], [class*="loader" i], [class*="loading" i], [aria-busy="true"]');
for (let i = 0; i < placeholders.length && i < 400 && waiting.length < 10; i += 1) {
  const element = placeholders[i];
  if (/^(BODY|HTML|MAIN|IMG|SCRIPT|INPUT|FORM)$/.test(element.nodeName)) continue;
  const words = (' ' + classesOf(element)).toLowerCase();
  const skeleton = /[\s_-](skeleton|shimmer|spinner|loader)s?([\s_-]|$)/.test(words) || /[\s_-](lazy)?loading([\s_-]?(overlay|mask|indicator|icon|state))?(\s|$)/.test(words) || element.getAttribute('aria-busy') === 'true';
  if (!skeleton || /loaded|lazyload|no-?loader|hidden/.test(words)) continue;
  const rect = element.getBoundingClientRect();
  if (rect.width < 24 || rect.height < 16 || rect.right <= 0 || rect.left >= wide || !isDrawn(element)) continue;
  // with words or pictures in it, it is the content itself
  if (fold(element.textContent.slice(0, 400)).length > 24 || element.querySelector('img, input, select, button, a[href], video, iframe')) continue;
  const style = getComputedStyle(element);
  const moving = style.animationName !== 'none' || !!element.querySelector('svg, [class*="spin" i]') || getComputedStyle(element, '::before').animationName !== 'none' || getComputedStyle(element, '::after').animationName !== 'none';
  if (moving) waiting[waiting.length] = spotOf(element);
}
return { characters, small, small_spots, cut_texts, overlays, waiting, cut: texts > MOST_TEXTS };
