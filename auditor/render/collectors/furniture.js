// Search, cart and menu of the page's head: where they are, and what stands in front of them. A part without any candidate is not told.
const MOST = 2000;
const HEAD = /header|masthead|top-?bar|navbar|site-nav|toolbar/i;

function wordsOf(element) {
  return (
    (typeof element.id === 'string' ? element.id : '') + ' ' + classesOf(element) + ' ' + (element.getAttribute('aria-label') || '') + ' ' +
    (element.getAttribute('title') || '') + ' ' + fold(element.textContent.slice(0, 80)).slice(0, 40)
  );
}

function inHead(element) {
  for (let one = element, i = 0; one && one !== document.body && i < 40; i += 1, one = drawnParent(one)) {
    if (one.nodeName === 'HEADER' || one.getAttribute('role') === 'banner') return true;
    if (one.nodeName === 'MAIN' || one.nodeName === 'FOOTER' || one.nodeName === 'DIALOG') return false;
    if (HEAD.test((typeof one.id === 'string' ? one.id : '') + ' ' + classesOf(one))) return true;
  }
  return false;
}

const CART_PATH = /\/(cart|basket|bag|checkout\/cart|warenkorb|panier|carrito|carrello|winkelwagen|koszyk|shoppingcart\.asp|cart\.php|panier|cesta)(\/|\?|#|$)|route=checkout\/cart/i;
const CART_WORDS = /(^|[\s_-])(mini-?)?(cart|basket|bag|warenkorb|panier|carrito|carrello|winkelwagen|koszyk)([\s_-]|$)/i;
const SEARCH_WORDS = /(^|[\s_-])(search|suche|suchen|recherche|rechercher|buscar|cerca|zoeken|szukaj|sok|søg)([\s_-]|$)/i;
const MENU_WORDS = /(^|[\s_-])(menu|hamburger|burger|nav-?(bar-)?toggl(e|er)|menu-?toggle|drawer-?toggle|off-?canvas|navigation)([\s_-]|$)/i;
const found = { search: [], cart: [], menu: [] };
const every = document.querySelectorAll('a[href], button, [role="button"], summary, input[type="search"], input[name="q"], input[name="s"], input[name="search"], input[name="search_query"], label[for]');
for (let i = 0; i < every.length && i < MOST; i += 1) {
  const element = every[i];
  const field = element.nodeName === 'INPUT';
  if (!field && !inHead(element)) continue;
  const words = wordsOf(element);
  const href = element.nodeName === 'A' ? element.getAttribute('href') || '' : '';
  if (field) {
    if (element.type !== 'hidden' && (element.type === 'search' || inHead(element) || element.closest('[role="search"], search'))) found.search.push(element);
  } else if (CART_PATH.test(href) || (!/add|remove/i.test(words) && CART_WORDS.test(words) && words.length < 160)) found.cart.push(element);
  else if (SEARCH_WORDS.test(words) && words.length < 160) found.search.push(element);
  else if (MENU_WORDS.test(words) && element.nodeName !== 'A' && words.length < 160) found.menu.push(element);
}
const links = document.querySelectorAll('header nav a[href], [role="banner"] nav a[href], nav a[href]');
for (let i = 0; i < links.length && i < 300; i += 1) if (links[i].getClientRects().length && !links[i].closest('footer, aside, main')) found.menu.push(links[i]);

const furniture = [];
for (const name of ['search', 'cart', 'menu']) {
  // drawn ones first: the other device's are there too, hidden
  const drawn = [];
  const rest = [];
  for (const element of found[name]) {
    const rect = element.getBoundingClientRect();
    if (rect.width > 1 && rect.height > 1 && isDrawn(element)) drawn.push(element);
    else rest.push(element);
  }
  const part = best(name, [...drawn.slice(0, 6), ...rest.slice(0, 2)], () => true);
  if (part) furniture.push(part);
}
window.scrollTo({ left: startX, top: startY, behavior: 'instant' });
return furniture;
