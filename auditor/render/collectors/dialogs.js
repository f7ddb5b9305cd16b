// arg: {narrow}. Finds what opens basket, search, menu and dialogs, and leaves a function for the steps that follow:
// {step: focus | click | opened | restored | entered | where | last | first | button | again | closed | returned, index, ms}. Keys are pressed outside.
const STEPS = Symbol.for('auditor.dialogs');
const SEEN = Symbol.for('auditor.dialogs.seen');
const NEVER = /add[-_ ]?to|\badd\b|\bbuy|checkout|remove|delete|(clear|empty) (the |your |my )?(cart|basket|bag)|log[- ]?(in|out)|sign[- ]?(in|out|up)|account|subscribe|newsletter|wish|compare|favou?rite|cookie|consent|submit|play|pause|share|chat|hinzuf|\bkaufen|bestell|l[oö]schen|entfern|anmeld|abmeld|acheter|ajouter|supprim|\bcomprar\b|a[nñ]adir|elimina|acquista|aggiungi/i;
const CART = /(^|[^a-z])(cart|mini-?cart|basket|bag|trolley|warenkorb|panier|carrito|carrello|winkelwagen)s?([^a-z]|$)|minicart|showcart|cart-?(icon|link|toggle|drawer|preview|contents)|blockcart/i;
const CART_PAGE = /\/(cart|basket|bag|warenkorb|panier|carrito|carrello|winkelwagen|checkout\/cart|cart\.php|shoppingcart\.asp)\/?$/i;
const SEARCH = /search|suche|recherche|buscar|cerca|zoek/i;
const MENU = /menu|hamburger|burger|nav(?!y)|drawer|offcanvas/i;
const CLOSE = /close|dismiss|schlie|fermer|cerrar|chiudi|sluit|lukk|st[aä]ng|^[×✕✖x]$/i;
const TABBABLE = 'a[href], area[href], button, input, select, textarea, summary, iframe, [tabindex], [contenteditable]';
const COLUMNS = 8, ROWS = 7;
const MODAL = 0.6; // of the window that is covered
const doc = document.documentElement;

function active() {
  let element = document.activeElement;
  for (let i = 0; element && element.shadowRoot && element.shadowRoot.activeElement && i < 10; i += 1) element = element.shadowRoot.activeElement;
  return element && element !== document.body && element !== doc ? element : null;
}

function holds(outer, inner) {
  for (let here = inner; here; here = drawnParent(here)) if (here === outer) return true;
  return false;
}

function hit(x, y) {
  let element = document.elementFromPoint(x, y);
  for (let i = 0; element && element.shadowRoot && i < 10; i += 1) {
    const inner = element.shadowRoot.elementFromPoint(x, y);
    if (!inner || inner === element) break;
    element = inner;
  }
  return element;
}

function grid() {
  const found = [];
  for (let row = 0; row < ROWS; row += 1) {
    for (let column = 0; column < COLUMNS; column += 1) found[found.length] = hit(((column + 0.5) * window.innerWidth) / COLUMNS, ((row + 0.5) * window.innerHeight) / ROWS);
  }
  return found;
}

function isDialog(element) {
  return element.localName === 'dialog' || element.getAttribute('aria-modal') === 'true' || /^(alert)?dialog$/.test(element.getAttribute('role') || '');
}

function stands(element) {
  const position = getComputedStyle(element).position;
  if (position === 'fixed' || isDialog(element)) return true;
  if (getComputedStyle(element, '::before').position === 'fixed' || getComputedStyle(element, '::after').position === 'fixed') return true;
  return position === 'absolute' && element.closest('header, [class*="header" i]') !== null;
}

// The outermost that stands over the page and has not the opener in it.
function rootOf(element, opener) {
  let root = null;
  for (let here = element; here && here !== document.body && here !== doc && !holds(here, opener); here = drawnParent(here)) if (stands(here)) root = here;
  return root;
}

function controlled(opener) {
  const ids = fold((opener.getAttribute('aria-controls') || '') + ' ' + (opener.getAttribute('data-bs-target') || opener.getAttribute('data-target') || '').replace(/^#/, '') + ' ' + ((opener.getAttribute('href') || '').startsWith('#') ? opener.getAttribute('href').slice(1) : '')).split(' ');
  const found = [];
  for (let i = 0; i < ids.length && i < 6; i += 1) {
    const one = ids[i] && document.getElementById(ids[i]);
    if (one) found[found.length] = one;
  }
  return found;
}

// A pop-up that comes at this moment by itself is not what was opened.
function belongs(root, opener, kind) {
  const named = controlled(opener);
  for (let i = 0; i < named.length; i += 1) if (holds(named[i], root) || holds(root, named[i])) return true;
  const own = classesOf(root) + ' ' + root.id + ' ' + (root.getAttribute('aria-label') || '') + ' ' + root.localName;
  if (kind === 'cart') return CART.test(own) || root.querySelector('[class*="cart" i], [id*="cart" i], [class*="basket" i], [class*="-bag" i], a[href*="/cart"], a[href*="/checkout"], a[href*="/basket"], form[action*="cart"]') !== null;
  if (kind === 'search') return root.querySelector('input[type="search"], input[name="q"], input[name="s"], input[name*="search" i], [role="search"] input') !== null;
  if (kind === 'menu') return root.querySelectorAll('a[href]').length >= 3;
  return isDialog(root) && root.querySelector('input[type="email"]') === null;
}

function tabbables(roots) {
  const found = [];
  for (let r = 0; r < roots.length; r += 1) {
    const inner = [roots[r]];
    for (let n = 0; n < inner.length && n < 30; n += 1) {
      const all = inner[n].querySelectorAll('*');
      for (let i = 0; i < all.length && i < 4000; i += 1) {
        if (all[i].shadowRoot) inner[inner.length] = all[i].shadowRoot;
        if (!all[i].matches(TABBABLE) || all[i].tabIndex < 0 || all[i].disabled || all[i].closest('[inert]') || !isDrawn(all[i])) continue;
        const box = all[i].getBoundingClientRect();
        if (box.width > 0 && box.height > 0) found[found.length] = all[i];
      }
    }
  }
  return found;
}

function nameOf(element) {
  const image = element.querySelector('img[alt]');
  return fold(String(element.getAttribute('aria-label') || element.textContent || (image && image.alt) || element.title || '').slice(0, 300)).slice(0, 80);
}

function dialogsShown() {
  const all = document.querySelectorAll('[role="dialog"], [role="alertdialog"], [aria-modal="true"], dialog[open]'), found = [];
  for (let i = 0; i < all.length && i < 200; i += 1) {
    const box = all[i].getBoundingClientRect();
    if (isDrawn(all[i]) && box.width > 3 && box.height > 3 && box.right > 1 && box.bottom > 1 && box.left < window.innerWidth - 1 && box.top < window.innerHeight - 1) found[found.length] = all[i];
  }
  return found;
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const state = { openers: [], kinds: [], roots: [], before: [], modal: false };

function within(element) {
  for (let i = 0; i < state.roots.length; i += 1) if (holds(state.roots[i], element)) return true;
  return false;
}

// What covers the page now and did not before; as `state.roots`.
function look(index) {
  const opener = state.openers[index], kind = state.kinds[index], now = grid(), roots = [];
  let covered = 0, modal = false;
  for (let i = 0; i < now.length; i += 1) {
    if (!now[i] || now[i] === state.before[i]) continue;
    const root = rootOf(now[i], opener);
    if (!root || state.before.some((one) => one && holds(root, one))) continue;
    covered += 1;
    if (!roots.includes(root)) roots[roots.length] = root;
  }
  // a bar at the top lies between the points
  const said = dialogsShown();
  for (let i = 0; i < said.length; i += 1) if (!state.shown.has(said[i]) && !holds(said[i], opener) && !roots.some((one) => holds(one, said[i]))) roots[roots.length] = said[i];
  for (let i = 0; i < roots.length; i += 1) {
    const one = roots[i].matches('[aria-modal="true"], dialog') ? roots[i] : roots[i].querySelector('[aria-modal="true"], dialog[open]');
    if (one && isDrawn(one)) modal = modal || one.localName !== 'dialog' || one.matches(':modal');
  }
  const own = roots.find((one) => belongs(one, opener, kind) && tabbables([one]).length);
  const over = own && (modal || covered >= MODAL * now.length);
  if (over) {
    state.roots = roots;
    // a shade behind it says that the page is not to be used meanwhile
    state.modal = modal || roots.some((one) => !tabbables([one]).length);
  }
  return over ? own : null;
}

function covered(element) {
  const box = element.getBoundingClientRect();
  if (!isDrawn(element) || box.width < 1 || box.height < 1) return true;
  const top = hit(Math.min(Math.max(box.left + box.width / 2, 0), window.innerWidth - 1), Math.min(Math.max(box.top + box.height / 2, 0), window.innerHeight - 1));
  return !top || (!holds(element, top) && within(top));
}

// What was there before anything was opened, a banner or a pop-up, is taken away: it would be in the way.
function uncover(element) {
  for (let tries = 0; tries < 4; tries += 1) {
    const box = element.getBoundingClientRect();
    const top = hit(box.left + box.width / 2, box.top + box.height / 2);
    if (!top || holds(element, top) || holds(top, element)) return;
    const root = rootOf(top, element);
    if (!root) return;
    root.style.setProperty('display', 'none', 'important');
  }
}

const steps = {
  async focus({ index }) {
    const opener = state.openers[index];
    state.roots = [];
    known.left = false;
    opener.scrollIntoView({ block: 'nearest', behavior: 'instant' });
    uncover(opener);
    opener.focus();
    await pause(60);
    state.before = grid();
    state.shown = new Set(dialogsShown());
    return { more: active() === opener };
  },
  async click({ index }) {
    state.openers[index].click();
    return { more: true };
  },
  async opened({ index, ms }) {
    let last = null;
    for (let left = ms; left > 0; left -= 100) {
      await pause(100);
      if (known.left) return { more: false }; // it leads to another page
      const panel = look(index);
      if (panel && panel === last) return { more: true, where: state.modal ? 'modal' : '', spot: spotOf(panel, '') };
      last = panel;
    }
    return { more: false };
  },
  async entered({ ms }) {
    for (let left = ms; left > 0 && !(active() && within(active())); left -= 50) await pause(50);
    return { more: active() !== null && within(active()) };
  },
  async where({ ms }) {
    if (ms) await pause(ms);
    const element = active();
    if (!element) return { where: 'none' };
    if (within(element)) return { where: 'in' };
    if (/^(IFRAME|FRAME)$/.test(element.nodeName)) return { where: 'none' };
    return { where: covered(element) ? 'behind' : 'above', spot: spotOf(element) };
  },
  async last() {
    const all = tabbables(state.roots);
    if (all.length) all[all.length - 1].focus();
    return { more: all.length > 0 && active() === all[all.length - 1] };
  },
  async first() {
    const all = tabbables(state.roots);
    if (all.length) all[0].focus();
    return { more: all.length > 0 && active() === all[0] };
  },
  async button() {
    const all = tabbables(state.roots);
    const one = all.find((it) => CLOSE.test(nameOf(it)) || CLOSE.test(classesOf(it)));
    if (one) one.focus();
    return { more: one !== undefined && active() === one };
  },
  async again({ index }) {
    const opener = state.openers[index];
    if (covered(opener)) return { more: false };
    opener.focus();
    return { more: active() === opener };
  },
  async closed({ ms }) {
    for (let left = ms; left > 0; left -= 100) {
      await pause(100);
      if (!grid().some((one) => one && within(one)) && !(active() && within(active()) && isDrawn(active()))) return { more: true };
    }
    return { more: false };
  },
  async restored() {
    const now = grid();
    return { more: !now.some((one, i) => one && one !== state.before[i] && rootOf(one, null)) };
  },
  async returned({ ms }) {
    const seen = () => active() !== null && isDrawn(active()) && !within(active());
    for (let left = ms; left > 0 && !seen(); left -= 50) await pause(50);
    return { more: seen() };
  },
};

// What is no control by its tag, and is pressed all the same: it has a hand for a pointer and no control in or around it.
const BARE = 'div, span, i, svg, li';
const BARE_SELECTOR = '[class*="hamburger" i], [class*="burger" i], [class*="toggle" i], [class*="menu-icon" i], [class*="menu-btn" i], [class*="menu-button" i], [class*="cart" i], [class*="basket" i], [class*="search" i], [id*="menu" i], [id*="cart" i], [onclick]';
const CONTROLS = 'a[href], button, summary, input, select, textarea, label, [role="button"], [tabindex]';
function isBare(element) {
  if (!element.matches(BARE) || element.closest(CONTROLS) || element.querySelector(CONTROLS + ', form')) return false;
  const box = element.getBoundingClientRect();
  return box.width < 120 && box.height < 120 && getComputedStyle(element).cursor === 'pointer';
}

let hidden = false; // a menu's button that this window is too wide for

function kindOf(element) {
  const box = element.getBoundingClientRect();
  if (box.width < 8 || box.height < 8 || !isDrawn(element) || element.closest('[inert]')) {
    hidden = hidden || (box.width < 8 && element.localName !== 'a' && !element.closest('li') && MENU.test(classesOf(element) + ' ' + element.id + ' ' + (element.getAttribute('aria-label') || '')));
    return '';
  }
  if (element.disabled || (element.form && element.type === 'submit') || element.closest('form[action*="cart" i], form[action*="checkout" i]')) return '';
  const words = classesOf(element) + ' ' + (element.id || '') + ' ' + (element.getAttribute('aria-controls') || '') + ' ' + nameOf(element);
  const popup = element.getAttribute('aria-haspopup') || '';
  const toggles = /modal|offcanvas|drawer/i.test(element.getAttribute('data-bs-toggle') || element.getAttribute('data-toggle') || '');
  const marked = /dialog|true/.test(popup) || toggles || element.hasAttribute('aria-controls') || element.hasAttribute('aria-expanded') || isBare(element);
  if (NEVER.test(nameOf(element)) || NEVER.test(element.getAttribute('name') || '') || NEVER.test(classesOf(element).replace(/js-[\w-]+/g, ''))) return '';
  const link = element.localName === 'a' && element.hasAttribute('href');
  let path = '';
  try { path = link ? new URL(element.href).pathname : ''; } catch (_) { path = ''; }
  const top = box.top + window.scrollY < 320 && box.bottom > 0;
  if (top && (CART_PAGE.test(path) || (CART.test(words) && (marked || !link)))) return 'cart';
  if (!marked || (link && !/^#|^javascript:|^$/.test(element.getAttribute('href')) && !/dialog/.test(popup) && !element.hasAttribute('aria-controls'))) return '';
  if (top && SEARCH.test(words)) return 'search';
  if (top && MENU.test(words) && !element.closest('li')) return 'menu';
  return popup === 'dialog' || toggles ? 'dialog' : '';
}

function rank(element) {
  if (element.getAttribute('aria-haspopup') === 'dialog') return 0;
  return element.hasAttribute('aria-controls') || element.hasAttribute('aria-expanded') ? 1 : 2;
}

const known = window[SEEN] || new Set();
if (!window[SEEN]) {
  Object.defineProperty(window, SEEN, { value: known });
  // the page is not left, whatever is pressed, and nothing is sent
  addEventListener('submit', (event) => { event.preventDefault(); event.stopImmediatePropagation(); }, true);
  addEventListener('click', (event) => { const link = event.target.closest && event.target.closest('a[href]'); if (link && !/^#/.test(link.getAttribute('href'))) { known.left = known.left || !event.defaultPrevented; event.preventDefault(); } });
  if (window.navigation) window.navigation.addEventListener('navigate', (event) => { if (event.cancelable && !event.destination.sameDocument) { known.left = true; event.preventDefault(); } });
}
window.scrollTo({ top: 0, left: 0, behavior: 'instant' });
const chosen = {};
const native = 'a, button, summary, [role="button"], [aria-haspopup], [aria-controls][aria-expanded]';
const all = document.querySelectorAll(native + ', ' + BARE_SELECTOR);
for (let i = 0; i < all.length && i < 4000; i += 1) {
  if (known.has(all[i]) || (!all[i].matches(native) && !all[i].matches(BARE))) continue;
  // one that a wide window has not says so before it is looked at
  if (!all[i].matches(native) && all[i].getClientRects().length && !isBare(all[i])) continue;
  const kind = kindOf(all[i]);
  if (!kind || (arg.narrow && kind === 'dialog')) continue;
  if (!chosen[kind] || rank(all[i]) < rank(chosen[kind])) chosen[kind] = all[i];
}
// those last of which nothing says that they stay on the page
const order = Object.keys(chosen).sort((one, other) => rank(chosen[one]) - rank(chosen[other]));
const openers = [];
for (const kind of order) {
  const element = chosen[kind];
  known.add(element);
  state.openers[state.openers.length] = element;
  state.kinds[state.kinds.length] = kind;
  const native = element.localName === 'button' || element.localName === 'summary' || (element.localName === 'a' && element.hasAttribute('href'));
  openers[openers.length] = { kind, native, name: nameOf(element), spot: spotOf(element, '') };
}
Object.defineProperty(window, STEPS, { value: (step) => steps[step.step](step), configurable: true });
return { openers, hidden };
