// arg: {addToCart}. Where the main product's button, price, title and picture are, and what stands in front of them.
const parts = [];
const staysInSight = (element) => {
  for (let here = element; here; here = drawnParent(here)) if (/^(fixed|sticky)$/.test(getComputedStyle(here).position)) return true;
  return false;
};
const main = mainBlock();
if (main) {
  const keep = (part) => {
    if (part) parts[parts.length] = part;
  };
  const buttons = [];
  const sureSelector = arg.addToCart.length ? ADD_SELECTOR + ', ' + arg.addToCart.join(', ') : ADD_SELECTOR;
  const isSure = (element) => element.matches(sureSelector) || !!element.closest('form[action*="/cart/add"], form.cart, #product_addtocart_form, form[data-cart-item-add], form[action*="checkout/cart/add"]');
  // by its name alone one that says so is the button of what is sold out
  const isNamed = (element) => element.nodeName === 'BUTTON' && /(^|[\s_-])(add-?to-?(cart|bag|basket)|addtocart)/i.test(classesOf(element) + ' ' + (element.id || '') + ' ' + (element.getAttribute('data-testid') || '') + ' ' + (element.getAttribute('name') || ''));
  const saysSoldOut = (element) => SOLD_OUT_WORDS.test(fold(element.textContent || element.value || '').slice(0, 60));
  const every = main.querySelectorAll('button, input[type="submit"], input[type="button"], input[type="image"], a, [role="button"]');
  for (let i = 0; i < every.length && i < 2000 && buttons.length < 8; i += 1) {
    const element = every[i];
    const direct = element.matches(sureSelector) && !/^(A)$/.test(element.nodeName);
    // the button of a product that is sold out says so, in the same form
    const soldOut = element.nodeName !== 'A' && (isSure(element) || isNamed(element)) && saysSoldOut(element);
    if ((direct || soldOut || isAddControl(element)) && !isCard(element)) buttons[buttons.length] = element;
  }
  let button = best('add_to_cart', buttons, (element) => isSure(element) || (isNamed(element) && saysSoldOut(element)));
  if (button && button.state !== 'free') {
    // A bar that stays in sight, on phones instead of it
    const beside = [];
    const others = document.querySelectorAll('button, input[type="submit"], [role="button"]');
    for (let i = 0; i < others.length && i < 3000 && beside.length < 8; i += 1) {
      if (!main.contains(others[i]) && (isSure(others[i]) || isAddControl(others[i])) && !isCard(others[i]) && staysInSight(others[i])) beside[beside.length] = others[i];
    }
    const other = best('add_to_cart', beside, isSure);
    if (other && other.state === 'free') button = other;
  }
  keep(button);

  const prices = [];
  const marked = main.querySelectorAll('[itemprop="price"], [class*="price" i], [data-price], [data-product-price]');
  let largest = 0;
  for (let i = 0; i < marked.length && i < 400; i += 1) {
    const element = marked[i];
    const text = fold(element.textContent.slice(0, 200));
    if (!text || text.length > 60 || !amountsIn(text, 1).length || isCard(element) || element.closest('s, del, strike, button, select')) continue;
    if (/was|old|compare|regular|list-?price|rrp|strike|unit/i.test(classesOf(element))) continue;
    const font = parseFloat(getComputedStyle(element).fontSize) || 0;
    if (font > largest) {
      largest = font;
      prices.length = 0;
    }
    if (font < largest) continue;
    // the innermost of nested ones
    if (prices.length && prices[prices.length - 1].contains(element)) prices.length -= 1;
    prices[prices.length] = element;
  }
  keep(best('price', prices, () => true));
  if (titleElement) keep(best('title', [titleElement], () => true));

  let picture = null;
  let area = 100 * 100;
  const images = main.querySelectorAll('img');
  for (let i = 0; i < images.length && i < 200; i += 1) {
    const rect = images[i].getBoundingClientRect();
    if (rect.width * rect.height > area && rect.right > 1 && rect.left < wide - 1 && !isCard(images[i])) {
      area = rect.width * rect.height;
      picture = images[i];
    }
  }
  if (picture) keep(best('image', [picture], () => true));
}
window.scrollTo({ left: startX, top: startY, behavior: 'instant' });
return parts;
