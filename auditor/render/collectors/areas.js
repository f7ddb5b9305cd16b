// arg: {height, blocks, masks}. What the pictures just taken are made of: blocks, one in the other, down to a text or a picture;
// and the places that change from visit to visit, which are not looked into.
const named = (words) => new RegExp('(^|[\\s_-])(' + words + ')([\\s_-]|$)', 'i');
const BY_NAME = [
  ['carousel', named('carousel|slider|slideshow|slides|swiper|swiper-container|slick|slick-slider|splide|flickity|owl|glide|embla|keen|marquee|ticker|rev|revslider|nivo|bxslider|tns')],
  ['review', named('reviews?|ratings?|stars?|testimonials?|bewertung(en)?|avis|trustpilot|yotpo|judgeme|jdgm\\S*|okendo|stamped|loox|bazaarvoice|bv|feefo|reevoo|trusted-?shops|spr|kiyoh|reviewsio|rivyo')],
  ['countdown', named('countdown|count-?down|timer|clock')],
  ['ad', named('ad|ads|advert|advertisement|adsbygoogle|adslot|dfp|sponsored|google-auto-placed')],
  ['chosen', named('recommend(ed|ations?)?|related|up-?sells?|cross-?sells?|recently-?viewed|you-may(-also-like)?|also-bought|bestsellers?-random')],
];
const CAROUSEL_TAGS = /^(slideshow-component|slider-component|swiper-container|carousel-\w+|flickity-carousel|splide-\w+|product-recommendations|recently-viewed\S*|marquee)$/i;
const PRICE = named('price|prices|pricing|money|amount|preis|prix|precio|prezzo|prijs|cena');
const CONSENT = /cookie|consent|gdpr|ccpa|onetrust|usercentrics|didomi|osano|iubenda|klaro|axeptio|termly|tarteaucitron|cmp(?![a-z])/i;
const FRAMES = { IFRAME: 1, OBJECT: 1, EMBED: 1, CANVAS: 1, VIDEO: 1, AUDIO: 1, 'MODEL-VIEWER': 1 };
const PICTURES = { IMG: 1, svg: 1, SVG: 1, HR: 1 };
const CONTROLS = { INPUT: 1, SELECT: 1, TEXTAREA: 1, PROGRESS: 1, METER: 1 };
const DEEPEST = 200;
const MOST_ELEMENTS = 15000;

const wide = document.documentElement.clientWidth || window.innerWidth;
const BELOW = 600; // what stands there in one browser may be in another's picture
const high = Math.min(Math.max(document.documentElement.scrollHeight, window.innerHeight), arg.height + BELOW);
const masks = [];
const blocks = [];
let seen = 0;
let cut = false;

const moving = new Set();
try {
  const running = document.getAnimations();
  for (let i = 0; i < running.length && i < 2000; i += 1) {
    const effect = running[i].effect;
    const timing = effect && effect.getComputedTiming();
    // those that end were brought to their end for the picture
    if (timing && effect.target && timing.iterations === Infinity) moving.add(effect.target);
  }
} catch (error) {
  moving.clear();
}

function nameOf(element) {
  return (typeof element.id === 'string' ? element.id + ' ' : '') + classesOf(element);
}

function mask(kind, box) {
  if (masks.length < arg.masks) masks[masks.length] = [kind, box];
  else cut = true;
}

function within(rect, clip) {
  const left = Math.max(rect.left, clip.left);
  const top = Math.max(rect.top, clip.top);
  return { left, top, right: Math.min(rect.right, clip.right), bottom: Math.min(rect.bottom, clip.bottom) };
}

function boxed(rect) {
  return [round(rect.left + window.scrollX), round(rect.top + window.scrollY), round(rect.right - rect.left), round(rect.bottom - rect.top)];
}

function maskOf(element, style, rect) {
  if (moving.has(element)) return 'animated';
  if (FRAMES[element.nodeName]) return 'frame';
  const role = element.getAttribute('role') || '';
  const name = nameOf(element);
  const area = (rect.right - rect.left) * (rect.bottom - rect.top);
  const stays = style.position === 'fixed' || (style.position === 'sticky' && rect.top > window.innerHeight / 2);
  if (CONSENT.test(name) && (stays || area < wide * high * 0.3)) return 'banner';
  if (stays || element.nodeName === 'DIALOG' || element.getAttribute('aria-modal') === 'true') {
    // a head that stays is where it would be anyway
    if (style.position === 'fixed' && rect.top <= 1 && rect.bottom < window.innerHeight / 3 && rect.right - rect.left > wide * 0.9) return '';
    return element.nodeName === 'DIALOG' || /dialog/.test(role) || element.getAttribute('aria-modal') === 'true' ? 'banner' : 'fixed';
  }
  if (element.nodeName === 'IMG') {
    if (!element.complete || (element.hasAttribute('data-src') && !element.naturalWidth)) return 'late';
    return /\.gif([?#]|$)/i.test(element.currentSrc || '') ? 'animated' : '';
  }
  if (CONTROLS[element.nodeName]) {
    const own = element.nodeName !== 'INPUT' || !/^(submit|button|image|reset)$/.test(element.type);
    return own && style.appearance !== 'none' && !/^(text|search|email|tel|url|password)$/.test(element.type || '') ? 'control' : '';
  }
  // half of the page is no part of it
  if (area > wide * high * 0.6) return '';
  if (element.getAttribute('aria-roledescription') === 'carousel' || CAROUSEL_TAGS.test(element.localName)) {
    return /recomm|recently/i.test(element.localName) ? 'chosen' : 'carousel';
  }
  for (let i = 0; i < BY_NAME.length; i += 1) if (BY_NAME[i][1].test(name)) return BY_NAME[i][0];
  if (PRICE.test(name)) {
    const text = element.textContent;
    if (text.length < 300 && /\p{Nd}/u.test(text)) return 'price';
  }
  return '';
}

// Amounts of money within a text stand by themselves.
function maskAmounts(element, clip) {
  const walker = document.createTreeWalker(element, 4);
  const range = document.createRange();
  for (let node = walker.nextNode(), n = 0; node && n < 60; node = walker.nextNode(), n += 1) {
    const found = amountsIn(node.nodeValue, 6);
    for (let i = 0; i < found.length; i += 1) {
      range.setStart(node, found[i][0]);
      range.setEnd(node, found[i][1]);
      const rect = within(range.getBoundingClientRect(), clip);
      if (rect.right > rect.left && rect.bottom > rect.top) mask('price', boxed(rect));
    }
  }
}

function ownText(element) {
  for (let child = element.firstChild; child; child = child.nextSibling) if (child.nodeType === 3 && /\S/.test(child.nodeValue)) return true;
  return false;
}

function isPainted(style) {
  if (style.backgroundImage !== 'none') return true;
  if (!/^(transparent|rgba\(.*,\s*0\))$/.test(style.backgroundColor)) return true;
  return style.borderTopStyle !== 'none' && parseFloat(style.borderTopWidth) > 0 && style.borderLeftStyle !== 'none' && parseFloat(style.borderLeftWidth) > 0;
}

function put(kids, kind, element, rect, style, painted) {
  const block = { label: labelOf(element), kind, box: boxed(rect), font_px: round(parseFloat(style.fontSize) || 0), painted, kids: [] };
  kids[kids.length] = block;
  return block;
}

function wrapsOne(element) {
  const children = drawnChildren(element);
  let count = 0;
  for (let i = 0; i < children.length && count < 2; i += 1) if (children[i].nodeType === 1 && !SKIPPED_TAGS[children[i].nodeName]) count += 1;
  return count < 2;
}

function look(element, kids, clip, depth) {
  seen += 1;
  if (seen > MOST_ELEMENTS || depth > DEEPEST) {
    cut = true;
    return;
  }
  const style = getComputedStyle(element);
  if (style.display === 'none' || Number(style.opacity) < 0.05) return;
  if (style.display !== 'contents') {
    const whole = element.getBoundingClientRect();
    if (whole.top + window.scrollY >= high) return;
    const rect = style.position === 'fixed' ? whole : within(whole, clip);
    const empty = rect.right - rect.left < 4 || rect.bottom - rect.top < 4;
    const clips = style.overflowX !== 'visible' || style.overflowY !== 'visible';
    if (empty && (clips || PICTURES[element.nodeName] || CONTROLS[element.nodeName] || FRAMES[element.nodeName])) return;
    const drawn = style.visibility === 'visible' && !empty;
    if (drawn) {
      const kind = maskOf(element, style, rect);
      if (kind) {
        mask(kind, boxed(rect));
        return;
      }
      if (SKIPPED_TAGS[element.nodeName]) return;
      const painted = isPainted(style);
      if (PICTURES[element.nodeName]) {
        put(kids, 'picture', element, rect, style, painted);
        return;
      }
      if (CONTROLS[element.nodeName]) {
        put(kids, 'control', element, rect, style, painted);
        return;
      }
      if (ownText(element)) {
        const range = document.createRange();
        range.selectNodeContents(element);
        const words = within(range.getBoundingClientRect(), clip);
        if (words.right - words.left >= 4 && words.bottom - words.top >= 4) {
          put(kids, 'text', element, painted ? rect : words, style, painted);
          maskAmounts(element, clip);
        }
        return;
      }
      const own = put(kids, 'group', element, rect, style, painted);
      const inner = clips && element !== document.body ? rect : clip;
      lookInto(element, own.kids, inner, depth);
      // what is empty is nothing; what only wraps is left out, by its markup, which every browser is given alike
      if (!painted && own.kids.length === 0) kids.length -= 1;
      else if (!painted && own.kids.length === 1 && wrapsOne(element)) kids[kids.length - 1] = own.kids[0];
      return;
    }
    if (SKIPPED_TAGS[element.nodeName]) return;
  }
  lookInto(element, kids, clip, depth);
}

function lookInto(element, kids, clip, depth) {
  const children = drawnChildren(element);
  for (let i = 0; i < children.length; i += 1) {
    const child = children[i];
    if (child.nodeType === 1 && (!SKIPPED_TAGS[child.nodeName] || FRAMES[child.nodeName])) look(child, kids, clip, depth + 1);
  }
}

const whole = { left: -window.scrollX, top: -window.scrollY, right: wide - window.scrollX, bottom: Infinity };
const roots = [];
if (document.body) look(document.body, roots, whole, 0);

function flat(list, parent) {
  for (let i = 0; i < list.length; i += 1) {
    if (blocks.length >= arg.blocks) {
      cut = true;
      return;
    }
    const { label, kind, box, font_px, painted, kids } = list[i];
    const place = blocks.length;
    blocks[place] = { parent, label, kind, box, font_px, painted };
    flat(kids, place);
  }
}
flat(roots, -1);
const told = [];
for (let i = 0; i < masks.length; i += 1) told[i] = { kind: masks[i][0], box: masks[i][1] };
return { masks: told, blocks, cut };
