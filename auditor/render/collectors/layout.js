// arg: {width, height} of the device in CSS pixels, mobile.
const root = document.documentElement;
const body = document.body;
const rtl = getComputedStyle(root).direction === 'rtl' || (body && getComputedStyle(body).direction === 'rtl');
const layoutWidth = root.clientWidth || window.innerWidth;
const rootFlow = getComputedStyle(root).overflowX;
const bodyFlow = body ? getComputedStyle(body).overflowX : 'visible';
const viewportFlow = rootFlow === 'visible' ? bodyFlow : rootFlow; // what applies to the viewport
const locked = viewportFlow === 'hidden' || viewportFlow === 'clip'; // a script could scroll it, a shopper cannot

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

return {
  viewport: [arg.width, arg.height],
  page: [Math.round(pageWidth), Math.round(Math.max(root.scrollHeight, root.clientHeight))],
  scrolls_sideways: sideways,
  scrolled_px: sideways ? Math.round(Math.max(moved - bar, wider)) : 0,
  culprits,
};
