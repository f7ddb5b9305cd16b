// arg: {addToCart}. The controls that choose colour or size in the main product's block.
const items = [];
let selects = 0;
const main = mainBlock();
const GROUP = '[class*="swatch" i], [class*="variant" i], [class*="option" i], [class*="attribute" i], [data-option], [data-attribute], fieldset, [role="radiogroup"], [role="listbox"]';

function spoken(element) {
  const label = fold(element.getAttribute('aria-label') || '');
  if (label) return label;
  const ids = fold(element.getAttribute('aria-labelledby') || '').split(' ');
  let text = '';
  for (let i = 0; i < ids.length && i < 5; i += 1) {
    const other = ids[i] && document.getElementById(ids[i]);
    if (other) text += ' ' + other.textContent;
  }
  if (fold(text)) return fold(text);
  if (element.labels && element.labels.length) {
    for (let i = 0; i < element.labels.length; i += 1) {
      text += ' ' + element.labels[i].textContent + ' ' + (element.labels[i].getAttribute('aria-label') || '');
      const pictures = element.labels[i].querySelectorAll('img[alt], [aria-label]');
      for (let j = 0; j < pictures.length && j < 5; j += 1) text += ' ' + (pictures[j].getAttribute('alt') || pictures[j].getAttribute('aria-label') || '');
    }
  }
  if (!fold(text) && element.nodeName !== 'INPUT') {
    text = element.textContent.slice(0, 300);
    const pictures = element.querySelectorAll('img[alt], svg title, [aria-label]');
    for (let j = 0; j < pictures.length && j < 5; j += 1) text += ' ' + (pictures[j].getAttribute('alt') || pictures[j].getAttribute('aria-label') || pictures[j].textContent || '');
  }
  return fold(text) || fold(element.getAttribute('title') || '');
}

function stateOf(element) {
  if (element.nodeName === 'INPUT' || element.nodeName === 'OPTION') return 'native';
  for (const name of ['aria-checked', 'aria-pressed', 'aria-selected', 'aria-current']) if (element.hasAttribute(name)) return 'aria';
  return '';
}

function roleOf(element) {
  if (element.nodeName === 'INPUT') return 'radio';
  const role = (element.getAttribute('role') || '').toLowerCase();
  if (role === 'radio' || role === 'option' || role === 'button' || role === 'menuitemradio') {
    // a role alone brings no keyboard
    const reached = element.tabIndex >= 0 || element.hasAttribute('tabindex') || /^(BUTTON|A)$/.test(element.nodeName);
    if (reached) return role === 'menuitemradio' ? 'radio' : role;
    const group = element.closest('[role="radiogroup"], [role="listbox"]');
    return group && (group.tabIndex >= 0 || group.querySelector('[tabindex="0"]')) ? role : 'bare';
  }
  if (element.nodeName === 'BUTTON') return 'button';
  if (element.nodeName === 'A' && element.hasAttribute('href')) return 'link';
  return element.tabIndex >= 0 && element.hasAttribute('tabindex') ? 'button' : 'bare';
}

const NOT_OPTIONS = /quantity|qty|wish|compare|share|review|tab|accordion|gallery|thumb|zoom|slick|swiper|carousel|size-?(chart|guide)|delivery|shipping|pickup|payment|subscription|selling-plan|clear|reset|label|title|name|price|stock|message|error|info|tooltip/i;
if (main) {
  selects = main.querySelectorAll('select').length;
  const seen = new Set();
  const add = (element) => {
    if (seen.has(element) || items.length >= 60) return;
    seen.add(element);
    items[items.length] = { role: roleOf(element), name: spoken(element).slice(0, 120), state: stateOf(element), spot: spotOf(element) };
  };
  const groups = main.querySelectorAll(GROUP);
  for (let g = 0; g < groups.length && g < 300; g += 1) {
    const group = groups[g];
    if (isCard(group)) continue;
    const radios = group.querySelectorAll('input[type="radio"], [role="radio"], [role="option"], [role="menuitemradio"]');
    for (let i = 0; i < radios.length && i < 60; i += 1) if (radios[i].nodeName !== 'OPTION' && isDrawnOrLabelled(radios[i])) add(radios[i]);
    const words = classesOf(group) + ' ' + (typeof group.id === 'string' ? group.id : '');
    if (isBareChoice(group, words)) add(group);
    for (let i = 0; i < group.children.length && i < 60; i += 1) if (isBareChoice(group.children[i], classesOf(group.children[i]))) add(group.children[i]);
    if (!/swatch/i.test(words) || NOT_OPTIONS.test(words.replace(/swatch\w*/gi, ''))) continue;
    const buttons = group.querySelectorAll('button, a[href], [role="button"]');
    for (let i = 0; i < buttons.length && i < 60; i += 1) {
      const own = classesOf(buttons[i]);
      if (!NOT_OPTIONS.test(own) && !buttons[i].querySelector('input, [role="radio"]') && isDrawn(buttons[i])) add(buttons[i]);
    }
  }
}

// A leaf with a hand for a pointer, in which and around which nothing can be reached by keyboard: a swatch, or one of several alike
// among options.
function isBareChoice(element, words) {
  if (!/^(DIV|SPAN|LI|I|LABEL)$/.test(element.nodeName) || element.querySelector('*') || !isDrawn(element) || NOT_OPTIONS.test(words.replace(/swatch\w*/gi, ''))) return false;
  const rect = element.getBoundingClientRect();
  const holder = element.parentElement;
  if (!holder || rect.width < 10 || rect.height < 10 || getComputedStyle(element).cursor !== 'pointer') return false;
  if (element.closest('button, a[href], label, [tabindex]:not([tabindex="-1"]), [role="radio"], [role="option"], [role="button"]')) return false;
  if (holder.querySelectorAll('input, button, a[href], select, [tabindex]:not([tabindex="-1"])').length) return false;
  if (/swatch/i.test(words)) return true;
  let alike = 0;
  for (let i = 0; i < holder.children.length && i < 60; i += 1) if (alikeAs(element, holder.children[i])) alike += 1;
  return alike > 1 && /swatch|option|variant|size|colou?r|attribute/i.test(classesOf(holder) + ' ' + words);
}

function isDrawnOrLabelled(element) {
  if (isDrawn(element)) return true;
  for (let i = 0; element.labels && i < element.labels.length; i += 1) if (isDrawn(element.labels[i])) return true;
  return false;
}
return { items, selects };
