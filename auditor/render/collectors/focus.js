// arg: null. Begins the keyboard's way; what it leaves is called for each further step: {step: main | next | blur | place | at | end,
// index, keep}. Tab is pressed outside.
// What is kept from call to call stands under a symbol, which no page meets by chance.
const PLACE = Symbol.for('auditor.focus');
const AROUND = 3; // elements above and beside that may show the focus for it
const LOOKS = ['outlineStyle', 'outlineWidth', 'outlineColor', 'boxShadow', 'borderTopColor', 'borderTopWidth', 'borderBottomColor', 'borderBottomWidth', 'backgroundColor',
  'backgroundImage', 'color', 'textDecorationLine', 'textDecorationColor', 'opacity', 'transform', 'filter', 'fontWeight', 'visibility', 'clipPath', 'clip', 'position', 'top', 'left', 'width', 'height'];

function active() {
  let element = document.activeElement;
  for (let i = 0; element && element.shadowRoot && element.shadowRoot.activeElement && i < 10; i += 1) element = element.shadowRoot.activeElement;
  return element && element !== document.body && element !== document.documentElement ? element : null;
}

function looksOf(element, pseudo) {
  const style = getComputedStyle(element, pseudo);
  if (pseudo && style.content === 'none') return '';
  let out = pseudo ? style.content : '';
  const bare = style.outlineStyle === 'none' || parseFloat(style.outlineWidth) === 0;
  // without a line its colour changes nothing
  for (let i = bare ? 3 : 0; i < LOOKS.length; i += 1) out += '|' + style[LOOKS[i]];
  return out;
}

// The element and what may show the focus for it: its labels, its neighbours, what holds it.
function bearers(element) {
  const found = [element];
  const labels = element.labels;
  for (let i = 0; labels && i < labels.length && i < 3; i += 1) {
    found[found.length] = labels[i];
    for (let c = 0; c < labels[i].children.length && c < AROUND; c += 1) found[found.length] = labels[i].children[c];
  }
  let next = element.nextElementSibling;
  for (let i = 0; next && i < AROUND; i += 1, next = next.nextElementSibling) found[found.length] = next;
  for (let i = 0; i < element.children.length && i < AROUND; i += 1) found[found.length] = element.children[i];
  let above = drawnParent(element);
  for (let i = 0; above && i < AROUND && above !== document.body; i += 1, above = drawnParent(above)) found[found.length] = above;
  return found;
}

function signature(elements) {
  let out = '';
  for (let i = 0; i < elements.length; i += 1) out += looksOf(elements[i]) + looksOf(elements[i], '::before') + looksOf(elements[i], '::after') + '\n';
  return out;
}

// On the screen, and large enough to be seen.
function liesOnScreen(element) {
  const rect = element.getBoundingClientRect();
  if (rect.width < 3 || rect.height < 3 || !isDrawn(element)) return false;
  const style = getComputedStyle(element);
  if (/inset\((50|100)%/.test(style.clipPath) || /rect\((0|1)px,? (0|1)px/.test(style.clip)) return false;
  return rect.right > 1 && rect.bottom > 1 && rect.left < window.innerWidth - 1 && rect.top < window.innerHeight - 1;
}

function isShown(element, elements) {
  if (liesOnScreen(element)) return true;
  // a radio button or a file field is often hidden on purpose: its label or its neighbour is what one sees
  if (!/^(INPUT|SELECT|TEXTAREA)$/.test(element.nodeName)) return false;
  for (let i = 1; i < elements.length; i += 1) if (elements[i].nodeName !== 'BODY' && liesOnScreen(elements[i])) return true;
  return false;
}

function hasCaret(element) {
  if (element.isContentEditable || element.nodeName === 'TEXTAREA') return true;
  return element.nodeName === 'INPUT' && !/^(radio|checkbox|button|submit|reset|image|range|color|file)$/i.test(element.type);
}

function roleOf(element) {
  const said = (element.getAttribute('role') || '').split(' ')[0];
  if (said) return said;
  const tag = element.localName;
  if (tag === 'a') return 'link';
  if (tag === 'button' || tag === 'summary' || (tag === 'input' && /^(button|submit|reset|image)$/i.test(element.type))) return 'button';
  return /^(input|select|textarea)$/.test(tag) ? 'field' : tag.slice(0, 40);
}

function nameOf(element) {
  const labels = element.labels;
  const image = element.querySelector('img[alt]');
  return fold(String(element.getAttribute('aria-label') || (labels && labels.length && labels[0].textContent) || element.textContent || (image && image.alt) || element.title || element.value || '').slice(0, 400)).slice(0, 80);
}

// Sentinels of dialogs, which hand the focus on; and what is not said to anybody.
function isGuard(element) {
  return element.hasAttribute('data-focus-guard') || /sentinel|focus-?(guard|trap)/i.test(classesOf(element)) || element.closest('[aria-hidden="true"]') !== null;
}

// Whether a script keeps the browser from going on with Tab here. Only asked: keys that are pressed tell, where it does.
function stopsTab(element) {
  const key = { key: 'Tab', code: 'Tab', keyCode: 9, which: 9, bubbles: true, cancelable: true, composed: true };
  if (element.dispatchEvent(new KeyboardEvent('keydown', key))) return false;
  // what the script has done to the focus is undone: Tab goes on from here
  element.focus({ preventScroll: true });
  element.blur();
  return true;
}

function step(arg) {
  const kept = window[PLACE];
  if (arg.step === 'main') {
    const main = document.querySelector('main, [role="main"], #MainContent, #content, #main, .main-content');
    // being there already, it goes on
    if (!main || (kept.at && main.contains(kept.at))) return { more: main !== null };
    const had = main.getAttribute('tabindex');
    main.setAttribute('tabindex', '-1');
    main.focus({ preventScroll: true });
    if (had === null) main.removeAttribute('tabindex');
    else main.setAttribute('tabindex', had);
    return { more: true };
  }
  if (arg.step === 'next') {
    const element = active();
    // what stands in a frame is the frame's own, and a guard hands on
    if (element && /^(IFRAME|FRAME|OBJECT|EMBED)$/.test(element.nodeName)) return { more: true };
    if (!element || kept.seen.has(element)) return { more: false };
    kept.seen.add(element);
    kept.at = element;
    if (isGuard(element)) return { more: true };
    const elements = bearers(element);
    const stop = { spot: spotOf(element, element.nodeName === 'SELECT' ? '' : undefined), role: roleOf(element), name: nameOf(element), shown: isShown(element, elements), marked: hasCaret(element) };
    kept.stops[kept.stops.length] = stop;
    kept.elements[kept.elements.length] = element;
    // a ring around what lies off the screen is seen by nobody
    const seen = [];
    for (let i = 0; i < elements.length; i += 1) if (stop.shown || liesOnScreen(elements[i])) seen[seen.length] = elements[i];
    const looks = signature(seen);
    // Tab goes on from here all the same
    element.blur();
    stop.marked = stop.marked || signature(seen) !== looks;
    stop.holds = stopsTab(element);
    // a script that draws the focus back does so a moment later; keys will tell whether it lets go
    return new Promise((resolve) => setTimeout(() => { stop.holds = stop.holds || active() === element; resolve({ more: true }); }, 0));
  }
  if (arg.step === 'blur') {
    const element = active();
    if (element) element.blur();
    return { more: true };
  }
  if (arg.step === 'place') {
    // for a picture with and without the focus: where the element and its surroundings lie on the screen
    const element = kept.elements[arg.index];
    element.focus();
    if (active() !== element) return { more: false };
    const rect = element.getBoundingClientRect();
    return { more: true, box: [rect.left, rect.top, rect.width, rect.height] };
  }
  if (arg.step === 'at') return { more: active() === kept.elements[arg.index] };
  // end; with `keep` only to tell
  if (arg.keep) return { more: true, stops: kept.stops };
  const left = active();
  if (left) left.blur();
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== kept.sheet);
  delete window[PLACE];
  window.scrollTo({ top: 0, left: 0, behavior: 'instant' });
  return { more: false, stops: kept.stops };
}

const sheet = new CSSStyleSheet();
// what fades in is there at once
sheet.replaceSync('*, *::before, *::after { transition: none !important; animation-duration: 0s !important; animation-delay: 0s !important; scroll-behavior: auto !important }');
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
Object.defineProperty(window, PLACE, { value: { sheet, stops: [], elements: [], seen: new Set(), step }, configurable: true });
const at = active();
if (at) at.blur();
window.scrollTo({ top: 0, left: 0, behavior: 'instant' });
return { more: true };
