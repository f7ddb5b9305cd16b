// Shared: whether an element can be seen and reached, tried with the browser's own hit test after it was brought into view.
// What a shopper can scroll free is not covered. Of several elements the best one counts.
const CONSENT = /cookie|consent|gdpr|ccpa|privacy|onetrust|usercentrics|didomi|datenschutz|osano|iubenda|klaro|axeptio|termly|tarteaucitron/i;
const NEAR = [
  [0.5, 0.5],
  [0.2, 0.5],
  [0.8, 0.5],
  [0.5, 0.25],
  [0.5, 0.75],
];
const startX = window.scrollX;
const startY = window.scrollY;
const wide = document.documentElement.clientWidth || window.innerWidth;
const high = window.innerHeight;

// elementFromPoint ends at shadow hosts
function topAt(x, y) {
  let hit = document.elementFromPoint(x, y);
  for (let i = 0; hit && hit.shadowRoot && i < 10; i += 1) {
    const inner = hit.shadowRoot.elementFromPoint(x, y);
    if (!inner || inner === hit) break;
    hit = inner;
  }
  return hit;
}

function within(inner, outer) {
  for (let element = inner, i = 0; element && i < 200; i += 1, element = drawnParent(element)) if (element === outer) return true;
  return false;
}

// "rgba(0, 0, 0, 0.5)", "color(srgb 0 0 0 / 50%)"; what says no alpha is opaque
function alphaOf(color) {
  if (color === 'transparent') return 0;
  const said = /^rgba\(.*,\s*([\d.]+)\)$/.exec(color) || /\/\s*([\d.]+)(%?)\s*\)$/.exec(color);
  return said ? Number(said[1]) / (said[2] ? 100 : 1) : 1;
}

function isPainted(element) {
  if (/^(IMG|IFRAME|VIDEO|CANVAS|OBJECT|EMBED|svg|INPUT|BUTTON|TEXTAREA|SELECT)$/.test(element.nodeName)) return true;
  const style = getComputedStyle(element);
  return (alphaOf(style.backgroundColor) > 0.3 || style.backgroundImage !== 'none') && Number(style.opacity) > 0.3;
}

// A hit on what holds the part: a veil drawn by a pseudo-element over all of it, as themes lay one over what they load.
function veils(holder, part) {
  if (holder === part || getComputedStyle(part).pointerEvents === 'none') return false;
  for (const name of ['::before', '::after']) {
    const style = getComputedStyle(holder, name);
    if (style.content === 'none' || !/absolute|fixed/.test(style.position) || style.pointerEvents === 'none' || style.visibility !== 'visible') continue;
    if (Number(style.opacity) <= 0.3 || (alphaOf(style.backgroundColor) <= 0.3 && style.backgroundImage === 'none')) continue;
    const box = holder.getBoundingClientRect();
    if (parseFloat(style.width) >= box.width * 0.9 && parseFloat(style.height) >= box.height * 0.9) return true;
  }
  return false;
}

// What can't be seen and yet takes every click: a veil over the whole window that was left there.
function takesAll(element) {
  const box = element.getBoundingClientRect();
  return getComputedStyle(element).position === 'fixed' && box.left <= 1 && box.top <= 1 && box.right >= wide - 1 && box.bottom >= high - 1;
}

// What the hit belongs to: its outermost positioned ancestor that does not hold the part, and how it stands there.
function coverOf(hit, part) {
  let fixed = null;
  let placed = null;
  let dialog = false;
  let painted = false;
  let words = '';
  for (let element = hit, i = 0; element && i < 100 && !within(part, element); i += 1, element = drawnParent(element)) {
    const position = getComputedStyle(element).position;
    if (isPainted(element)) painted = true;
    if (position === 'fixed' || position === 'sticky') fixed = element;
    if (position === 'absolute' || position === 'relative') placed = element;
    if (element.nodeName === 'DIALOG' || /^(alert)?dialog$/.test(element.getAttribute('role') || '') || element.getAttribute('aria-modal') === 'true') dialog = true;
    words += ' ' + (typeof element.id === 'string' ? element.id : '') + ' ' + classesOf(element) + ' ' + (element.getAttribute('aria-label') || '');
  }
  const cover = fixed || placed || hit;
  const text = fold((cover.textContent || '').slice(0, 2000)).slice(0, 100);
  // the words of a banner, but not those of a page that merely links to its privacy policy
  const consent = CONSENT.test(words.slice(0, 2000)) || (fixed && /cookies?\b|consent/i.test(text));
  const clear = !painted && takesAll(cover);
  const kind = consent ? 'consent' : dialog ? 'dialog' : fixed && !clear ? 'fixed' : 'overlap';
  return { painted: painted || clear, cover: { kind, selector: selectorOf(cover), label: labelOf(cover), html: startTag(cover, 300), words: text, box: boxOf(cover) } };
}

function veilOf(holder) {
  return { painted: true, cover: { kind: 'overlap', selector: selectorOf(holder), label: labelOf(holder), html: startTag(holder, 300), words: '', box: boxOf(holder) } };
}

// How the part lies once it was brought into view: 'free', or what covers it.
function look(element) {
  let worst = null;
  const blocks = ['center', 'start', 'end'];
  for (let b = 0; b < blocks.length; b += 1) {
    element.scrollIntoView({ block: blocks[b], inline: 'nearest', behavior: 'instant' });
    // sideways a script can scroll what a shopper cannot
    window.scrollTo({ left: startX, top: window.scrollY, behavior: 'instant' });
    const rect = element.getBoundingClientRect();
    if (rect.right <= 1 || rect.left >= wide - 1) return { state: 'aside', cover: null };
    let covered = 0;
    let looked = 0;
    let first = null;
    for (let i = 0; i < NEAR.length; i += 1) {
      const x = rect.left + rect.width * NEAR[i][0];
      const y = rect.top + rect.height * NEAR[i][1];
      if (x < 0 || y < 0 || x >= wide || y >= high) continue;
      looked += 1;
      const hit = topAt(x, y);
      if (!hit || within(hit, element)) continue;
      const veil = within(element, hit);
      if (veil && !veils(hit, element)) continue;
      const found = veil ? veilOf(hit) : coverOf(hit, element);
      if (!found.painted) continue;
      covered += 1;
      first = first || found.cover;
    }
    if (!looked) continue;
    if (covered < 3 && covered < looked) return { state: 'free', cover: null };
    worst = worst || { state: 'covered', cover: first };
  }
  return worst || { state: 'unseen', cover: null };
}

const RANK = { free: 0, unseen: 1, covered: 2, aside: 3, hidden: 4 };

function best(name, elements, sure) {
  let chosen = null;
  for (let i = 0; i < elements.length && i < 8; i += 1) {
    const element = elements[i];
    const rect = element.getBoundingClientRect();
    const drawn = rect.width > 1 && rect.height > 1 && isDrawn(element);
    const seen = drawn ? look(element) : { state: 'hidden', cover: null };
    if (chosen && RANK[seen.state] >= RANK[chosen.state]) continue;
    const words = element.value && element.nodeName === 'INPUT' ? element.value : element.textContent || element.getAttribute('aria-label') || element.getAttribute('alt') || '';
    chosen = {
      name, state: seen.state, disabled: element.disabled === true || element.getAttribute('aria-disabled') === 'true', sure: sure(element), selector: selectorOf(element), label: labelOf(element),
      text: fold(String(words).slice(0, 400)).slice(0, 80), box: boxOf(element), cover: seen.cover,
    };
    if (seen.state === 'free') break;
  }
  return chosen;
}
