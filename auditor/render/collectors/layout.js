// arg: {width, height} of the device in CSS pixels, mobile.
const root = document.documentElement;
const body = document.body;
const rtl = getComputedStyle(root).direction === 'rtl' || (body && getComputedStyle(body).direction === 'rtl');
const layoutWidth = root.clientWidth || window.innerWidth;
const rootFlow = getComputedStyle(root).overflowX;
const bodyFlow = body ? getComputedStyle(body).overflowX : 'visible';
const viewportFlow = rootFlow === 'visible' ? bodyFlow : rootFlow; // what applies to the viewport
const locked = viewportFlow === 'hidden' || viewportFlow === 'clip'; // a script could scroll it, a shopper cannot

const goOn = holdStill(); // what sticks out hangs on no moment
const startX = window.scrollX;
const startY = window.scrollY;
window.scrollTo({ left: rtl ? -100000 : 100000, top: startY, behavior: 'instant' });
const moved = Math.abs(window.scrollX - startX);
window.scrollTo({ left: startX, top: startY, behavior: 'instant' });

// Firefox plays a phone with a scroll bar beside the page, which no phone has: content may be as wide as the screen.
const bar = arg.mobile ? Math.max(0, Math.min(arg.width, window.innerWidth) - layoutWidth) : 0;
const pageWidth = Math.max(root.scrollWidth, layoutWidth);
// A phone zooms out to fit instead of scrolling; the content is wider than the screen all the same.
const wider = pageWidth - layoutWidth - bar;
const sideways = !locked && (moved > bar + 1 || wider > 1);

function clips(ancestor, limitRight, limitLeft) {
  const style = getComputedStyle(ancestor);
  if (style.overflowX === 'visible' && !/paint|strict|content/.test(style.contain) && style.clipPath === 'none') return false;
  const rect = ancestor.getBoundingClientRect();
  return rtl ? rect.left >= limitLeft - 1 : rect.right <= limitRight + 1;
}

// Overflow clips a positioned element only from its containing block upward.
function isClipped(element, limitRight, limitLeft) {
  let style = getComputedStyle(element);
  let free = style.position === 'absolute';
  for (let parent = drawnParent(element); parent && parent !== body && parent !== root; parent = drawnParent(parent)) {
    style = getComputedStyle(parent);
    if (free && (style.position !== 'static' || style.transform !== 'none')) free = false;
    if (!free && clips(parent, limitRight, limitLeft)) return true;
    if (style.position === 'absolute') free = true;
  }
  return false;
}

const culprits = [];
if (sideways && body) {
  const limitRight = layoutWidth + bar - window.scrollX;
  const limitLeft = -window.scrollX;
  const queue = [body];
  let seen = 0;
  while (queue.length && culprits.length < 20 && seen < 30000) {
    const element = queue.shift();
    seen += 1;
    const style = getComputedStyle(element);
    if (style.display === 'none' || style.position === 'fixed') continue;
    const rect = element.getBoundingClientRect();
    const out = rtl ? rect.left < limitLeft - 1 : rect.right > limitRight + 1;
    if (out && rect.width > 0 && rect.height > 0 && style.visibility === 'visible' && !isClipped(element, limitRight, limitLeft)) {
      culprits[culprits.length] = { selector: selectorOf(element), label: labelOf(element), html: startTag(element, 300), box: boxOf(element) };
      continue;
    }
    // Text without an element of its own that is too wide sticks out of the element that holds it.
    if (!out && style.overflowX === 'visible' && element !== body && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0) {
      const range = document.createRange();
      for (let child = element.firstChild; child; child = child.nextSibling) {
        if (child.nodeType !== 3 || !fold(child.nodeValue)) continue;
        range.selectNodeContents(child);
        const text = range.getBoundingClientRect();
        const textOut = rtl ? text.left < limitLeft - 1 : text.right > limitRight + 1;
        if (textOut && style.visibility === 'visible' && !isClipped(element, limitRight, limitLeft)) {
          culprits[culprits.length] = { selector: selectorOf(element), label: labelOf(element), html: startTag(element, 300), box: boxOf(element) };
          break;
        }
      }
    }
    const children = drawnChildren(element);
    for (let i = 0; i < children.length; i += 1) {
      if (children[i].nodeType === 1 && !SKIPPED_TAGS[children[i].nodeName]) queue[queue.length] = children[i];
    }
  }
}

// What a shopper can't scroll to: words that end beyond the edge of a page that keeps itself from being moved sideways.
const SWIPED = /swip|slick|slid|carousel|splide|embla|glide|flickity|marquee|ticker|scroll|track/i;
const MOST_CUT = 5;

function isSwiped(element) {
  for (let here = element; here && here !== body && here !== root; here = drawnParent(here)) {
    const style = getComputedStyle(here);
    if (style.position === 'fixed' || style.animationName !== 'none' || style.touchAction !== 'auto' || SWIPED.test(classesOf(here) + ' ' + here.localName)) return true;
    if (here.getAttribute('aria-hidden') === 'true' || here.hasAttribute('inert')) return true;
  }
  return false;
}

// `own`: by words right in it, which stick out of its box.
function cutBy(element, own, limitRight, limitLeft) {
  const range = document.createRange();
  const walker = document.createTreeWalker(element, 4);
  let most = 0;
  for (let node = walker.nextNode(), seen = 0; node && seen < 200; node = walker.nextNode(), seen += 1) {
    if (!/\S/.test(node.nodeValue) || !node.parentElement || (own && node.parentElement !== element) || !isDrawn(node.parentElement)) continue;
    range.selectNodeContents(node);
    const rects = range.getClientRects();
    for (let i = 0; i < rects.length && i < 20; i += 1) {
      const begins = rtl ? rects[i].right > limitLeft + 8 && rects[i].right < limitRight : rects[i].left < limitRight - 8 && rects[i].left >= limitLeft;
      const lost = rtl ? limitLeft - rects[i].left : rects[i].right - limitRight;
      if (begins && lost > most && rects[i].width > 8 && !clips(node.parentElement, limitRight, limitLeft) && !isClipped(node.parentElement, limitRight, limitLeft) && !isSwiped(node.parentElement)) most = lost;
    }
  }
  return most;
}

const cut = [];
let cutPx = 0;
if (locked && body) {
  const limitRight = layoutWidth + bar - window.scrollX;
  const limitLeft = -window.scrollX;
  const queue = [body];
  for (let seen = 0; queue.length && seen < 5000 && cut.length < MOST_CUT; seen += 1) {
    const element = queue.shift();
    const children = drawnChildren(element);
    for (let i = 0; i < children.length && cut.length < MOST_CUT; i += 1) {
      const child = children[i];
      if (child.nodeType !== 1 || SKIPPED_TAGS[child.nodeName]) continue;
      const rect = child.getBoundingClientRect();
      const out = rtl ? rect.left < limitLeft - 8 : rect.right > limitRight + 8;
      const spills = !out && child.clientWidth > 0 && child.scrollWidth > child.clientWidth + 8;
      const lost = (out && rect.width > 0) || spills ? cutBy(child, spills, limitRight, limitLeft) : 0;
      if (lost > 8) {
        cutPx = Math.max(cutPx, lost);
        cut[cut.length] = { selector: selectorOf(child), label: labelOf(child), html: startTag(child, 300), box: boxOf(child) };
      } else if (!out) queue[queue.length] = child;
    }
  }
}

const pageHeight = Math.max(root.scrollHeight, root.clientHeight);
goOn();
return {
  cut,
  cut_px: Math.round(cutPx),
  viewport: [arg.width, arg.height],
  page: [Math.round(pageWidth), Math.round(pageHeight)],
  scrolls_sideways: sideways,
  scrolled_px: sideways ? Math.round(Math.max(moved - bar, wider)) : 0,
  culprits,
};
