// Finds the consent banner: by its maker's selectors, else by words in something that stands over the page. With `arg.press`
// ("accept", "reject" or "settings") it presses that button of it. Nothing is pressed otherwise.
const about = new RegExp(arg.words.about, 'i');
const words = {
  accept: new RegExp(arg.words.accept, 'i'),
  reject: new RegExp(arg.words.reject, 'i'),
  settings: new RegExp(arg.words.settings, 'i'),
};
const roots = [document];
const PRESSABLE = 'button, a, [role=button], input[type=button], input[type=submit]';

function gatherRoots(root, depth) {
  const all = root.querySelectorAll('*');
  for (let i = 0; i < all.length && roots.length < 60; i += 1) {
    if (all[i].shadowRoot) {
      roots[roots.length] = all[i].shadowRoot;
      if (depth < 3) gatherRoots(all[i].shadowRoot, depth + 1);
    }
  }
}
gatherRoots(document, 0);

function isShown(element) {
  const box = element.getBoundingClientRect();
  if (box.width < 4 || box.height < 4 || box.bottom <= 0 || box.top >= window.innerHeight) return false;
  const style = getComputedStyle(element);
  if (style.visibility !== 'visible' || style.display === 'none') return false;
  for (let here = element; here; here = drawnParent(here)) {
    if (Number(getComputedStyle(here).opacity) < 0.05) return false;
  }
  return true;
}

function allOf(selector) {
  const found = [];
  if (!selector) return found;
  for (let r = 0; r < roots.length; r += 1) {
    let matches;
    try { matches = roots[r].querySelectorAll(selector); } catch (_) { return found; }
    for (let i = 0; i < matches.length && found.length < 200; i += 1) found[found.length] = matches[i];
  }
  return found;
}

function firstShown(selector) {
  const found = allOf(selector);
  for (let i = 0; i < found.length; i += 1) if (isShown(found[i])) return found[i];
  return null;
}

function labelOf(element) {
  return fold(element.innerText || element.value || element.getAttribute('aria-label') || element.textContent || '').slice(0, 120);
}

// The words of a label without arrows, crosses and full stops
function bare(label) {
  return label.replace(/[\u2190-\u21ff\u2713-\u27bf\u203a\u00bb!.×›»]/g, '').trim();
}

function meaning(label) {
  const plain = bare(label);
  if (words.reject.test(plain)) return 'reject';
  if (words.accept.test(plain)) return 'accept';
  return words.settings.test(plain) ? 'settings' : '';
}

function inside(element, selector) {
  if (!selector) return false;
  try { return element.matches(selector); } catch (_) { return false; }
}

function choicesOf(banner, tool) {
  const found = [];
  const nested = [banner];
  const each = banner.querySelectorAll('*');
  for (let i = 0; i < each.length; i += 1) if (each[i].shadowRoot) nested[nested.length] = each[i].shadowRoot;
  for (let n = 0; n < nested.length; n += 1) {
    const buttons = nested[n].querySelectorAll(PRESSABLE);
    for (let i = 0; i < buttons.length && found.length < 20; i += 1) {
      if (!isShown(buttons[i])) continue;
      const text = labelOf(buttons[i]);
      let means = '';
      if (tool) {
        if (inside(buttons[i], tool.reject)) means = 'reject';
        else if (inside(buttons[i], tool.accept)) means = 'accept';
        else if (inside(buttons[i], tool.settings)) means = 'settings';
      }
      means = means || meaning(text);
      if (text || means) found[found.length] = { element: buttons[i], text, means };
    }
    // what is pressed though it is no control: no keyboard comes to it
    const others = nested[n].querySelectorAll('div, span, p, li');
    for (let i = 0; i < others.length && i < 200 && found.length < 20; i += 1) {
      const element = others[i];
      if (element.textContent.length > 60 || element.closest(PRESSABLE) || element.querySelector(PRESSABLE + ', div, p, li')) continue;
      const text = labelOf(element);
      const means = text ? meaning(text) : '';
      if ((means === 'accept' || means === 'reject') && getComputedStyle(element).cursor === 'pointer' && isShown(element) && !found.some((one) => one.element.contains(element))) found[found.length] = { element, text, means };
    }
  }
  return found;
}

// By Tab: itself, what is in it, or what it is in as far as the banner goes.
function isReached(element, banner) {
  const takes = (one) => one.tabIndex >= 0 && !one.disabled && (one.hasAttribute('tabindex') || /^(BUTTON|INPUT|SUMMARY)$/.test(one.nodeName) || (one.nodeName === 'A' && one.hasAttribute('href')));
  const inner = element.querySelectorAll('*');
  for (let i = 0; i < inner.length && i < 20; i += 1) if (takes(inner[i])) return true;
  for (let here = element; here && here !== banner; here = drawnParent(here)) if (takes(here)) return true;
  return false;
}

function drawnAs(element) {
  const plain = (color) => color === 'transparent' || /^rgba\(.*,\s*0\)$|\/\s*0\)$/.test(color);
  for (let here = element, i = 0; here && i < 3; here = here.firstElementChild, i += 1) {
    const style = getComputedStyle(here);
    if (!plain(style.backgroundColor) || style.backgroundImage !== 'none' || style.boxShadow !== 'none') return 'button';
    if (parseFloat(style.borderTopWidth) > 0 && parseFloat(style.borderLeftWidth) > 0 && style.borderTopStyle !== 'none' && !plain(style.borderTopColor)) return 'button';
  }
  return 'text';
}

function byMaker() {
  for (let i = 0; i < arg.tools.length; i += 1) {
    const banner = firstShown(arg.tools[i].banner);
    if (banner) return { banner, tool: arg.tools[i], choices: choicesOf(banner, arg.tools[i]) };
  }
  return null;
}

function standsOver(element) {
  const role = element.getAttribute('role');
  if (role === 'dialog' || role === 'alertdialog' || element.localName === 'dialog') return true;
  const position = getComputedStyle(element).position;
  return position === 'fixed' || position === 'sticky';
}

function byWords() {
  let tries = 0;
  for (let r = 0; r < roots.length; r += 1) {
    const buttons = roots[r].querySelectorAll(PRESSABLE);
    for (let i = 0; i < buttons.length && tries < 400; i += 1) {
      const means = meaning(labelOf(buttons[i]));
      if (means !== 'accept' && means !== 'reject') continue;
      tries += 1;
      if (!isShown(buttons[i])) continue;
      let holder = null;
      for (let here = drawnParent(buttons[i]), up = 0; here && here !== document.body && here !== document.documentElement && up < 12; here = drawnParent(here), up += 1) {
        const named = /cookie|consent|gdpr/i.test((here.id || '') + ' ' + (typeof here.className === 'string' ? here.className : ''));
        if (standsOver(here) || named) holder = here;
      }
      if (!holder) continue;
      const text = fold(holder.innerText || holder.textContent || '');
      // a newsletter's pop-up has "No, thanks" and "privacy" too
      if (text.length > 8000 || !about.test(text) || holder.querySelector('input[type=email], input[name*=mail i]')) continue;
      const choices = choicesOf(holder, null);
      for (let c = 0; c < choices.length; c += 1) if (choices[c].means === 'accept') return { banner: holder, tool: null, choices };
    }
  }
  return null;
}

// A banner without any control: only what calls itself one is looked at.
function byName() {
  const named = document.querySelectorAll('[id*="cookie" i], [class*="cookie" i], [id*="consent" i], [class*="consent" i], [id*="gdpr" i]');
  for (let i = 0; i < named.length && i < 20; i += 1) {
    if (!standsOver(named[i]) || !isShown(named[i]) || !about.test(fold(named[i].textContent.slice(0, 8000)))) continue;
    const choices = choicesOf(named[i], null);
    for (let c = 0; c < choices.length; c += 1) if (choices[c].means === 'accept') return { banner: named[i], tool: null, choices };
  }
  return null;
}

const found = byMaker() || byWords() || byName();
if (!found) return { shown: false, tool: '', by: '', text: '', choices: [], pressed: '' };
let pressed = '';
if (arg.press) {
  for (let i = 0; i < found.choices.length && !pressed; i += 1) {
    if (found.choices[i].means === arg.press) {
      pressed = found.choices[i].text || arg.press;
      found.choices[i].element.click();
    }
  }
}
const choices = [];
for (let i = 0; i < found.choices.length; i += 1) {
  const { element, text, means } = found.choices[i];
  choices[i] = { text, means, reached: isReached(element, found.banner), drawn: drawnAs(element) };
}
return {
  shown: true,
  tool: found.tool ? found.tool.name : '',
  by: found.tool ? 'selectors' : 'words',
  text: fold(found.banner.innerText || found.banner.textContent || '').slice(0, 600),
  choices,
  pressed,
};
