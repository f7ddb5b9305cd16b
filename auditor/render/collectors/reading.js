// How the page reads at rest: small type, texts cut off by their own box.
const SMALL = 12;
const MOST_TEXTS = 6000;
let characters = 0;
let small = 0;
const smallBy = new Map();
let texts = 0;
const walker = document.createTreeWalker(document.body || document.documentElement, 4);
const sizeMemo = new Map();
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  texts += 1;
  if (texts > MOST_TEXTS) break;
  const parent = node.parentElement;
  if (!parent || SKIPPED_TAGS[parent.nodeName] || !/\S/.test(node.nodeValue)) continue;
  let told = sizeMemo.get(parent);
  if (told === undefined) {
    const rect = parent.getBoundingClientRect();
    // words for screen readers alone are one pixel large
    const seen = rect.width > 2 && rect.height > 2 && isDrawn(parent);
    told = seen ? parseFloat(getComputedStyle(parent).fontSize) || 0 : -1;
    sizeMemo.set(parent, told);
  }
  if (told < 0) continue;
  const length = fold(node.nodeValue).length;
  characters += length;
  if (told > 0 && told < SMALL - 0.05 && !/^(SUP|SUB)$/.test(parent.nodeName)) {
    small += length;
    smallBy.set(parent, (smallBy.get(parent) || 0) + length);
  }
}
const smallest = [...smallBy.entries()].sort((a, b) => b[1] - a[1]).slice(0, 5);
const small_spots = [];
for (let i = 0; i < smallest.length; i += 1) small_spots[i] = spotOf(smallest[i][0]);

// -- texts cut off

function kindOf(element) {
  if (/^H1$/.test(element.nodeName)) return 'title';
  if (element.nodeName === 'BUTTON' || element.getAttribute('role') === 'button') return 'button';
  if (/(^|[\s_-])(price|money|amount)([\s_-]|$)/i.test(classesOf(element)) && amountsIn(fold(element.textContent.slice(0, 100)), 1).length) return 'price';
  if (/^H[2-4]$/.test(element.nodeName) || /(product|card)[\w-]*(title|name|heading)/i.test(classesOf(element))) return 'name';
  return '';
}

// The text's own boxes against the box that clips them.
function cutOf(element) {
  const style = getComputedStyle(element);
  const across = style.overflowX === 'hidden' || style.overflowX === 'clip';
  const down = style.overflowY === 'hidden' || style.overflowY === 'clip';
  if (!across && !down) return null;
  const rect = element.getBoundingClientRect();
  if (rect.width < 8 || rect.height < 8 || !isDrawn(element)) return null;
  const range = document.createRange();
  range.selectNodeContents(element);
  let right = 0;
  let bottom = 0;
  const boxes = range.getClientRects();
  let texty = 0;
  for (let i = 0; i < boxes.length && i < 60; i += 1) {
    if (boxes[i].width < 1 || boxes[i].height < 1) continue;
    texty += 1;
    right = Math.max(right, boxes[i].right - rect.right, rect.left - boxes[i].left);
    // a line that begins above the edge is cut through its letters
    if (boxes[i].top < rect.bottom - 2) bottom = Math.max(bottom, boxes[i].bottom - rect.bottom - boxes[i].height * 0.25);
  }
  if (!texty) return null;
  const hidden = Math.max(across ? right : 0, down ? bottom : 0);
  const designed = style.textOverflow === 'ellipsis' || (style.webkitLineClamp && style.webkitLineClamp !== 'none');
  return hidden > 3 ? { hidden, designed: !!designed } : null;
}

const cut_texts = [];
const labelled = document.querySelectorAll('h1, h2, h3, h4, button, [role="button"], [class*="price" i], [class*="money" i], [class*="title" i], [class*="name" i]');
for (let i = 0; i < labelled.length && i < 3000 && cut_texts.length < 40; i += 1) {
  const element = labelled[i];
  const text = fold(element.textContent.slice(0, 400));
  if (!text || element.querySelector('img, svg, input, select, iframe, video')) continue;
  const kind = kindOf(element);
  if (!kind) continue;
  const found = cutOf(element);
  if (found) cut_texts[cut_texts.length] = { kind, spot: spotOf(element), hidden_px: round(found.hidden), designed: found.designed };
}

return { characters, small, small_spots, cut_texts, cut: texts > MOST_TEXTS };
