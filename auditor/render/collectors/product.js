// Finds the block of the main product, and what stands in cards; shared by the texts collector. arg.addToCart: CSS selectors.
const ADD_WORDS =
  /add[\s_-]?to[\s_-]?(cart|bag|basket|trolley)|addtocart|buy (it )?now|pre-?order now|warenkorb|einkaufswagen|ajouter au panier|au panier|al carrello|al carrito|a la cesta|a la bolsa|ao carrinho|\bcomprar\b|winkelwagen|winkelmand|varukorg|handlekurv|indkøbskurv|læg i kurv|i kurv\b|ostoskori|do koszyka|do košíku|do košíka|kosárba|în coș|in coș|adaug[ăa] în|в корзин|купить|до кошика|купити|в количката|sepete|カートに|买|購物車|购物车|장바구니|giỏ hàng|keranjang|καλάθι|לסל|לעגלה|إلى السلة|إلى العربة|ตะกร้า/i;
const ADD_SELECTOR =
  '[name="add"], form[action*="/cart/add"], .single_add_to_cart_button, #product-addtocart-button, #product_addtocart_form, [data-button-action="add-to-cart"], #button-cart, #form-action-addToCart, form[action*="cart.php"][data-cart-item-add], [data-cart-item-add], form[action*="checkout/cart/add"], form.cart, #btnaddtocart, [name="btnaddtocart" i], [data-add-to-cart]';
// A form's button that says no more than this, or is named so
const BUY_WORDS = /^(buy|order|kaufen|bestellen|acheter|commander|acquista|kopen|bestel|köp|kjøp|køb|osta|kup|koupit|kúpiť)[\s!»›>]*$/i;
const ADD_NAME = /^(btn[-_]?)?add[-_]?(to[-_]?)?(cart|basket|bag)$/i;
const CART_PATH = /\/(cart|basket|bag|warenkorb|panier|carrito|carrello|winkelwagen|koszyk|cesta|cart\.php|shoppingcart\.asp)\/?$|[?&]route=checkout\/cart$/i;
const CARD_WORDS =
  /(^|[\s_-])(related|recommend\w*|cross-?sells?|up-?sells?|recently|mini-?cart|mini-?basket|cart-?drawer|drawer|cart-notification|blockcart|card-product|product-?cards?|product-?grid|product-?list(ing)?|product-?miniature|product-thumb|also-(bought|like)|similar|frequently|bestsellers?|carousel-products?)([\s_-]|$)/i;

// A product that can't be bought just now has other words by its title.
const SOLD_OUT_WORDS =
  /\b(out of stock|sold out|unavailable|back in stock|notify me|nicht (verfügbar|lieferbar|vorrätig)|ausverkauft|vergriffen|benachrichtigen|rupture de stock|en rupture|indisponible|agotado|sin existencias|avísame|esaurito|non disponibile|avvisami|uitverkocht|niet (leverbaar|op voorraad)|slutsåld|slut i lager|udsolgt|utsolgt|niedostępny|wyprzedan\w+|vyprodáno|není skladem|vypredané|esgotado|indisponível|elfogyott|nincs készleten|epuizat|loppu varastosta|rasprodano|tükendi|stokta yok|нет в наличии|распродано|немає в наявності|изчерпано)(?![\p{L}])|売り切れ|在庫切れ|完売|再入荷|품절|매진|재입고|售罄|已售完|缺貨|缺货|نفد|نفذت الكمية|غير متوفر|אזל|נגמר המלאי|εξαντλήθηκε/iu;
const NEAR_TITLE = 4; // levels above the title

function isAddControl(element) {
  if (!/^(BUTTON|INPUT|A)$/.test(element.nodeName) && element.getAttribute('role') !== 'button') return false;
  if (element.nodeName === 'INPUT' && !/^(submit|button|image)$/.test(element.type)) return false;
  const href = element.nodeName === 'A' ? element.getAttribute('href') || '' : '';
  if (href && !/^(#|javascript:)|add/i.test(href)) return false;
  const words = fold(element.textContent).slice(0, 60) + ' ' + (element.getAttribute('aria-label') || '') + ' ' + (element.value || '') + ' ' + (element.title || '') + ' ' + (element.alt || '');
  if (element.nodeName !== 'A' && element.form && (ADD_NAME.test(element.name) || ADD_NAME.test(element.id) || BUY_WORDS.test(fold(element.textContent || element.value)))) return true;
  return ADD_WORDS.test(words.slice(0, 300)) && !/view|show|zum warenkorb|voir|ver carrito|go to/i.test(words.slice(0, 300));
}

function cleanPath(href) {
  try {
    const url = new URL(href, document.baseURI);
    if (!/^https?:$/.test(url.protocol) || /\.(jpe?g|png|gif|webp|avif|svg|pdf|mp4)$/i.test(url.pathname)) return '';
    return url.host + url.pathname;
  } catch (error) {
    return '';
  }
}

const here = location.host + location.pathname;
const cardMemo = new Map();
let titleElement = null;

// Where a card's link leads: another page, and the link is a picture, a heading or much of the card's text.
function cardLink(element) {
  const links = element.nodeName === 'A' ? [element] : element.querySelectorAll('a[href]');
  const size = fold(element.textContent.slice(0, 4000)).length || 1;
  for (let i = 0; i < links.length && i < 12; i += 1) {
    const path = cleanPath(links[i].getAttribute('href') || '');
    if (!path || path === here) continue;
    const own = fold(links[i].textContent.slice(0, 2000)).length;
    if (links[i].querySelector('img, picture, h2, h3, h4, h5') || links[i].closest('h2, h3, h4, h5') || (size < 400 && own >= size * 0.2)) return path;
  }
  return '';
}

function alikeAs(a, b) {
  if (a.nodeName !== b.nodeName) return false;
  const one = classesOf(a).split(' ');
  const other = ' ' + classesOf(b) + ' ';
  if (!one[0]) return other === '  ';
  for (let i = 0; i < one.length; i += 1) if (other.includes(' ' + one[i] + ' ')) return true;
  return false;
}

function isRepeatedCard(element) {
  const parent = element.parentElement;
  if (!parent || parent.children.length < 2 || /^(BODY|HTML|MAIN)$/.test(element.nodeName)) return false;
  const path = cardLink(element);
  if (!path) return false;
  let peers = 0;
  for (let i = 0; i < parent.children.length && i < 60; i += 1) {
    const other = parent.children[i];
    if (other === element || (titleElement && other.contains(titleElement)) || !alikeAs(element, other)) continue;
    const otherPath = cardLink(other);
    if (otherPath && otherPath !== path) peers += 1;
    if (peers) return true;
  }
  return false;
}

// A picture and all that stands with it in one link to another page.
function leadsAway(element) {
  if (element.nodeName !== 'A' || !element.querySelector('img, picture')) return false;
  const path = cleanPath(element.getAttribute('href') || '');
  return path !== '' && path !== here;
}

// What the cart holds and costs, in the link to it: "0 items: $0.00"
function leadsToCart(element) {
  const url = element.nodeName === 'A' && element.href;
  return typeof url === 'string' && CART_PATH.test(url.split('#')[0]);
}

function isCard(element) {
  if (!element) return false;
  if (cardMemo.has(element)) return cardMemo.get(element);
  let card = false;
  if (!(titleElement && element.contains(titleElement))) {
    const name = element.nodeName;
    const role = element.getAttribute('role') || '';
    const words = classesOf(element) + ' ' + (typeof element.id === 'string' ? element.id : '');
    const landmark = (name === 'HEADER' || name === 'FOOTER') && !element.closest('main, article, section, [role="main"]');
    card = landmark || name === 'NAV' || name === 'ASIDE' || name === 'DIALOG' || /^(dialog|banner|contentinfo|navigation|complementary)$/.test(role) || CARD_WORDS.test(words) || isRepeatedCard(element) || leadsAway(element) || leadsToCart(element);
    if (!card) card = isCard(drawnParent(element));
  }
  cardMemo.set(element, card);
  return card;
}

function mainBlock() {
  const titles = document.querySelectorAll('h1');
  titleElement = null;
  for (let i = 0; i < titles.length && i < 10; i += 1) {
    if (!titles[i].closest('header, nav, footer, [role="banner"]') || titles[i].closest('main, article, [itemtype*="Product"]')) {
      if (!titleElement || (!isDrawn(titleElement) && isDrawn(titles[i]))) titleElement = titles[i];
    }
  }
  if (!titleElement && titles.length) titleElement = titles[0];
  if (!titleElement) return null;
  const controls = [];
  const sure = document.querySelectorAll(arg.addToCart.length ? ADD_SELECTOR + ', ' + arg.addToCart.join(', ') : ADD_SELECTOR);
  for (let i = 0; i < sure.length && i < 200; i += 1) controls[controls.length] = sure[i];
  const likely = document.querySelectorAll('button, input[type="submit"], input[type="button"], a[href], [role="button"]');
  for (let i = 0; i < likely.length && i < 3000; i += 1) if (isAddControl(likely[i])) controls[controls.length] = likely[i];
  let best = null;
  for (let i = 0; i < controls.length && i < 300; i += 1) {
    if (isCard(controls[i])) continue;
    let block = titleElement;
    while (block && !block.contains(controls[i])) block = block.parentElement;
    if (block && (!best || best.contains(block))) best = block;
  }
  return best || titleElement.closest('[itemtype*="schema.org/Product"], [itemtype*="schema.org/IndividualProduct"]') || soldOutBlock();
}

// The block around the title in which it says, outside cards, that the product can't be had.
function soldOutBlock() {
  let block = titleElement.parentElement;
  for (let level = 0; block && level < NEAR_TITLE && !/^(BODY|HTML)$/.test(block.nodeName); level += 1, block = block.parentElement) {
    const said = block.querySelectorAll('p, span, strong, b, em, div, li, label, button, input[type="submit"]');
    for (let i = 0; i < said.length && i < 400; i += 1) {
      if (said[i].textContent.length > 300) continue;
      const words = fold(said[i].textContent || said[i].value || '');
      if (words.length < 60 && SOLD_OUT_WORDS.test(words) && isDrawn(said[i]) && !isCard(said[i])) return block;
    }
  }
  return null;
}
