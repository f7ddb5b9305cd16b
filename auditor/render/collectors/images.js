// arg: {cap, siteHosts}. Broken is what decode() refuses; an image that was never asked for is not broken.
function declaredSource(image) {
  return (image.getAttribute('src') || '').trim() || (image.getAttribute('srcset') || '').trim();
}

function isThirdParty(url) {
  try {
    const host = new URL(url, document.baseURI);
    if (!/^https?:$/.test(host.protocol)) return false;
    for (let i = 0; i < arg.siteHosts.length; i += 1) {
      if (arg.siteHosts[i] === host.host || arg.siteHosts[i] === host.hostname) return false;
    }
    return host.host !== location.host;
  } catch (error) {
    return false;
  }
}

// A counting pixel is no image of the page: third party, and declared or drawn at most 1 × 1.
function isPixel(image, url) {
  if (!isThirdParty(url)) return false;
  const declared = Number(image.getAttribute('width')) <= 1 && image.hasAttribute('width') && Number(image.getAttribute('height')) <= 1;
  return declared || (image.naturalWidth === 1 && image.naturalHeight === 1) || (image.offsetWidth <= 1 && image.offsetHeight <= 1 && !image.alt);
}

const LAZY = /(^|[\s_-])(lazy|lazyload|lazyloading|b-lazy|unveil)([\s_-]|$)/i;
const found = [];
let cut = 0;
let seen = 0;
const stack = [document.body || document.documentElement];
while (stack.length && seen < 60000) {
  const element = stack.pop();
  seen += 1;
  if (element.nodeName === 'IMG' || (element.nodeName === 'INPUT' && element.type === 'image')) {
    const url = element.currentSrc || element.src || '';
    if (isPixel(element, url)) continue;
    if (found.length < arg.cap) found[found.length] = element;
    else cut += 1;
    continue;
  }
  if (element.nodeName === 'TEMPLATE' || element.nodeName === 'NOSCRIPT') continue;
  const children = drawnChildren(element);
  for (let i = children.length - 1; i >= 0; i -= 1) if (children[i].nodeType === 1) stack[stack.length] = children[i];
}

async function refuses(image) {
  if (typeof image.decode !== 'function') return true;
  const late = new Promise((resolve) => setTimeout(() => resolve('late'), 1500));
  const decoded = image.decode().then(() => 'fine', () => 'refused');
  return (await Promise.race([decoded, late])) === 'refused';
}

// The page does not move when the image arrives: it has both attributes, a height or a ratio, lies outside the flow, or in a box held
// open. Null where the browser tells only what came of a length, not that it was set.
function isReserved(image) {
  if (image.getAttribute('width') && image.getAttribute('height')) return true;
  let element = image;
  let unknown = false;
  for (let depth = 0; element && element !== document.body && depth < 4; depth += 1) {
    const style = getComputedStyle(element);
    if (/^(absolute|fixed)$/.test(style.position) || (style.aspectRatio && style.aspectRatio !== 'auto')) return true;
    if (typeof element.computedStyleMap !== 'function') unknown = true;
    else {
      const set = element.computedStyleMap();
      // 100 % of a box without a height is no height
      if (/^[\d.]+(?!%)[a-z(]/.test(String(set.get('height'))) || /^calc/.test(String(set.get('height')))) return true;
      if (depth && /^[1-9][\d.]*%$/.test(String(set.get('padding-bottom')))) return true;
    }
    element = drawnParent(element);
  }
  return unknown ? null : false;
}

// The file's own width: natural sizes are divided by the density that srcset gives the chosen candidate.
function descriptorOf(image, url) {
  const sets = [];
  const parent = image.parentElement;
  if (parent && parent.nodeName === 'PICTURE') {
    for (let i = 0; i < parent.children.length; i += 1) if (parent.children[i].nodeName === 'SOURCE') sets[sets.length] = parent.children[i].srcset || '';
  }
  sets[sets.length] = image.srcset || '';
  for (let i = 0; i < sets.length; i += 1) {
    const set = sets[i].slice(0, 20000);
    const candidate = /\s*([^\s,]\S*[^\s,])(?:\s+([\d.]+)([wx]))?\s*(?:,|$)/gy;
    for (let match = candidate.exec(set), n = 0; match && n < 60; match = candidate.exec(set), n += 1) {
      let there = '';
      try {
        there = new URL(match[1], document.baseURI).href;
      } catch (error) {
        continue;
      }
      if (there === url) return match[2] ? [Number(match[2]), match[3]] : [1, 'x'];
    }
  }
  return null;
}

function pixelsOf(image, url) {
  const wide = image.naturalWidth || 0;
  const high = image.naturalHeight || 0;
  if (!wide || !high || image.nodeName !== 'IMG') return [wide, high];
  const told = descriptorOf(image, url);
  const factor = !told ? 1 : told[1] === 'w' ? told[0] / wide : told[0];
  return [Math.round(wide * factor), Math.round(high * factor)];
}

// Where the picture itself is drawn: without padding and border, and before transforms, which animations use.
function contentOf(image) {
  const style = getComputedStyle(image);
  const across = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
  const down = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
  return [round(Math.max(image.clientWidth - across, 0)), round(Math.max(image.clientHeight - down, 0))];
}

// A script has yet to put the picture in: another address waits in an attribute of its own.
function waitsFor(image, url) {
  const names = ['data-src', 'data-lazy', 'data-lazy-src', 'data-original', 'data-original-src', 'data-srcset', 'data-lazy-srcset'];
  for (let i = 0; i < names.length; i += 1) {
    const said = (image.getAttribute(names[i]) || '').trim();
    if (!said || /[{}]/.test(said)) continue;
    if (/srcset$/.test(names[i])) {
      if (!image.srcset) return true;
      continue;
    }
    try {
      if (new URL(said.split(/\s/)[0], document.baseURI).href !== url && !image.srcset) return true;
    } catch (error) {
      continue;
    }
  }
  return false;
}

async function describe(image) {
  const declared = declaredSource(image);
  const url = String(image.currentSrc || (declared && image.src) || ''); // of an empty attribute src makes the page's own URL
  const natural = [image.naturalWidth || 0, image.naturalHeight || 0];
  const rect = image.getBoundingClientRect();
  const complete = image.nodeName === 'IMG' ? image.complete : true;
  const lazy =
    image.loading === 'lazy' || image.hasAttribute('data-src') || image.hasAttribute('data-srcset') ||
    image.hasAttribute('data-lazy') || image.hasAttribute('data-original') || LAZY.test(classesOf(image));
  let broken = false;
  if (image.nodeName === 'IMG' && complete && declared && url && !natural[0]) broken = await refuses(image);
  return {
    src: url.slice(0, url.startsWith('data:') ? 80 : 4000),
    natural,
    pixels: pixelsOf(image, url),
    content: contentOf(image),
    fit: String(getComputedStyle(image).objectFit || ''),
    pixelated: /pixelated|crisp/.test(getComputedStyle(image).imageRendering || ''),
    loading: image.loading === 'lazy' ? 'lazy' : '',
    waiting: waitsFor(image, url),
    shown: [round(rect.width), round(rect.height)],
    complete,
    broken,
    lazy,
    reserved: isReserved(image),
    visible: rect.width > 1 && rect.height > 1 && isDrawn(image),
    alt: image.hasAttribute('alt') ? image.getAttribute('alt').slice(0, 1000) : null,
    selector: selectorOf(image),
    box: boxOf(image),
  };
}

const items = [];
for (let i = 0; i < found.length; i += 1) items[i] = describe(found[i]);
return { items: await Promise.all(items), cut, scale: window.devicePixelRatio || 1 };
