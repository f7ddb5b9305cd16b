// arg: {addToCart: CSS selectors, maxText, maxPrices, milliseconds}. One walk over what is drawn, shadow roots included.
// A run is a piece of text with its style; an element's runs are searched for money once its children have taken theirs.
const started = performance.now();
const INLINE_TAGS = { SPAN: 1, S: 1, DEL: 1, INS: 1, STRIKE: 1, B: 1, STRONG: 1, EM: 1, I: 1, SMALL: 1, SUP: 1, SUB: 1, BDI: 1, BDO: 1, A: 1, DATA: 1, FONT: 1, MARK: 1, LABEL: 1, U: 1, TIME: 1, ABBR: 1, VAR: 1, CITE: 1, Q: 1, BIG: 1 };
const CODE_TAGS = { PRE: 1, CODE: 1, KBD: 1, SAMP: 1, TEXTAREA: 1 };
const STRUCK_TAGS = { S: 1, DEL: 1, STRIKE: 1 };
const SHOWN = 0; // a shopper reads it
const SPOKEN = 1; // hidden from the eye only: "Regular price" for screen readers
const HIDDEN = 2;
// a currency and a word where digits should be
const EMPTY = /^(?:\p{Sc}|[A-Z]{2,3}\$?|kr|zł|Kč|Ft)\s?(?:NaN|undefined|null|\{\{.{0,24})$|^(?:NaN|undefined|null)\s?(?:\p{Sc}|[A-Z]{2,3}|kr|zł|Kč|Ft|lei|円|원|元|р(?:уб)?\.?|грн|лв\.?|ر\.س\.?|د\.إ\.?)$/u;
const MASK = '\u0001'; // stands where an inner element took its amount

const lines = [];
let line = null;
const codes = [];
const headings = [];
const prices = [];
let length = 0;
let codeLength = 0;
let cut = false;
let visited = 0;

function newLine() {
  if (line && !line.text && !line.spoken.length) return;
  line = { text: '', spoken: [], last: null, gap: false };
  lines[lines.length] = line;
}

// Appends to the line as folded text; gives where it stands.
function append(text, glue) {
  let piece = text.replace(/[\s\u200b]+/g, ' ');
  if ((glue || line.gap) && line.text && !line.text.endsWith(' ')) line.text += ' ';
  line.gap = false;
  if (!line.text || line.text.endsWith(' ')) piece = piece.replace(/^ /, '');
  const start = line.text.length;
  line.text += piece;
  length += piece.length;
  return start;
}

function spokenOnly(style, rect) {
  if (style.position === 'absolute' || style.position === 'fixed') {
    if (/^rect\((0|1)px,? (0|1)px,? (0|1)px,? (0|1)px\)$/.test(style.clip)) return true;
    if (/inset\((50|100)%|circle\(0/.test(style.clipPath)) return true;
    if (rect.right + window.scrollX <= 0 || rect.bottom + window.scrollY <= 0) return true;
  }
  if (rect.width <= 1.5 && rect.height <= 1.5 && /hidden|clip/.test(style.overflowX)) return true;
  return parseFloat(style.textIndent) < -900 || parseFloat(style.fontSize) === 0;
}

function kindOf(element, style, outer) {
  if (outer === HIDDEN || style.display === 'none') return HIDDEN;
  if (style.display === 'contents') return outer;
  if (style.visibility !== 'visible' || Number(style.opacity) === 0) return HIDDEN;
  const rect = element.getBoundingClientRect();
  if (outer === SPOKEN || spokenOnly(style, rect)) return SPOKEN;
  if ((rect.height < 1 && /hidden|clip|auto|scroll/.test(style.overflowY)) || (rect.width < 1 && /hidden|clip|auto|scroll/.test(style.overflowX))) return HIDDEN;
  if (style.position === 'fixed' && (rect.right <= 0 || rect.left >= window.innerWidth)) return HIDDEN; // off-canvas drawer
  return SHOWN;
}

// A sign or a strike that the style sheet draws, for elements that hold nothing but a number.
function drawnSign(element, name) {
  const content = getComputedStyle(element, name).content || '';
  const match = /^"([^"]{1,6})"$/.exec(content);
  return match && /\p{Sc}|kr|zł|Kč|CHF|EUR|USD/u.test(match[1]) ? match[1].trim() : '';
}

function drawnStrike(element) {
  const names = ['::after', '::before'];
  const height = element.getBoundingClientRect().height;
  const width = element.getBoundingClientRect().width;
  if (!height || !width) return false;
  for (let i = 0; i < names.length; i += 1) {
    const style = getComputedStyle(element, names[i]);
    if (!style.content || style.content === 'none' || style.content === 'normal' || style.position !== 'absolute') continue;
    if (parseFloat(style.width) < width * 0.7) continue;
    const top = parseFloat(style.top);
    const ruled = parseFloat(style.borderTopWidth) > 0 || parseFloat(style.borderBottomWidth) > 0;
    const filled = parseFloat(style.height) > 0 && parseFloat(style.height) <= 4 && !/, 0\)$|transparent/.test(style.backgroundColor);
    if ((ruled || filled) && parseFloat(style.height) <= 4 && top > height * 0.2 && top < height * 0.8) return true;
  }
  return false;
}

// Cents and sign in an element of their own, in the number's size: <p>899<span class="sr-only">,</span><span>10€</span></p>
const WHOLE = /^(?:\p{Sc}|[A-Z]{3})?\s?\d{1,3}(?:[.\s]?\d{3})*[.,]?\d\d\s?(?:\p{Sc}|[A-Z]{3}|kr|zł|Kč|lei|лв\.?)?$/u;
function goesOn(previous, run) {
  const whole = run.element.parentElement;
  if (!whole || (previous.element !== whole && previous.element.parentElement !== whole) || whole.childNodes.length > 6) return false;
  const text = fold(whole.textContent.slice(0, 40));
  return /[^\d\s.,]/.test(text) && WHOLE.test(text);
}

// Superscript or smaller two digits right behind a number are its minor units: 49<sup>99</sup> reads 49.99.
function isMinor(previous, run) {
  if (!/\d[.,]?$/.test(previous.text) || !/^(\d\d|[-–])(?!\d)/.test(run.text) || run.spaced) return false;
  if (previous.element === run.element) return false;
  return goesOn(previous, run) || run.font < previous.font * 0.85 || run.element.closest('sup') !== null || /cent|decimal|fraction|minor|\bsup\b/i.test(classesOf(run.element));
}

// Blocks are put together only where they are short: a price in table cells, not two paragraphs.
function joined(runs) {
  let text = '';
  const starts = [];
  let size = 0;
  for (let i = 0; i < runs.length; i += 1) size += runs[i].text.length;
  for (let i = 0; i < runs.length; i += 1) {
    const run = runs[i];
    if (i && run.apart) text += size > 40 ? MASK : ' ';
    else if (i && run.spaced && !text.endsWith(' ')) text += ' ';
    else if (i && isMinor(runs[i - 1], run)) text += /[.,]$/.test(text) ? '' : /\.\d{3}$/.test(text) ? ',' : '.';
    else if (i && run.flexed && !text.endsWith(' ')) text += ' ';
    starts[i] = text.length;
    text += run.text.replace(/[\s\u200b]+/g, ' ');
  }
  return { text, starts };
}

// "€NaN", "undefined USD": a price whose value was not there. A sign alone may belong to digits beside it.
function takeEmpty(element, runs, whole, kind) {
  const text = fold(whole.text);
  if (kind !== SHOWN || text.length > 30 || whole.text.indexOf(MASK) >= 0 || !EMPTY.test(text)) return;
  addPrice(element, runs, whole, 0, whole.text.length, kind, text);
  for (let i = 0; i < runs.length; i += 1) runs[i].taken = true;
}

function takePrices(element, runs, kind) {
  const mine = [];
  for (let i = 0; i < runs.length; i += 1) if (runs[i].kind === kind || runs[i].kind === null) mine[mine.length] = runs[i];
  if (!mine.length) return;
  const whole = joined(mine);
  if (!/\d/.test(whole.text) && !/\p{Nd}/u.test(whole.text)) {
    takeEmpty(element, mine, whole, kind);
    return;
  }
  const amounts = amountsIn(whole.text, 8);
  if (!amounts.length) {
    if (kind !== SHOWN || !/^\s*\d[\d.,'’ ]{0,14}\s*$/.test(whole.text)) return;
    const before = drawnSign(element, '::before');
    const after = drawnSign(element, '::after');
    if (!before && !after) return;
    addPrice(element, mine, whole, 0, whole.text.length, kind, before + whole.text.trim() + (after ? ' ' + after : ''));
    for (let i = 0; i < mine.length; i += 1) mine[i].taken = true;
    return;
  }
  const clean = fold(whole.text.split(MASK).join(' '));
  if (clean.length <= 120 && whole.text.indexOf(MASK) < 0) {
    addPrice(element, mine, whole, 0, whole.text.length, kind, clean);
  } else {
    for (let i = 0; i < amounts.length; i += 1) {
      addPrice(element, mine, whole, amounts[i][0], amounts[i][1], kind, fold(whole.text.slice(amounts[i][0], amounts[i][1])));
    }
  }
  for (let i = 0; i < mine.length; i += 1) mine[i].taken = true;
}

function addPrice(element, runs, whole, start, end, kind, text) {
  let struck = true;
  let font = 0;
  let weight = 400;
  let first = null;
  let last = null;
  for (let i = 0; i < runs.length; i += 1) {
    const from = whole.starts[i];
    const to = from + runs[i].text.length;
    if (to <= start || from >= end || !runs[i].line) continue;
    if (!first) first = { run: runs[i], at: Math.max(0, start - from) };
    last = { run: runs[i], at: Math.min(runs[i].text.length, end - from) };
    if (!/\p{Nd}/u.test(runs[i].text) && /\p{Nd}/u.test(text)) continue;
    if (!runs[i].struck) struck = false;
    if (runs[i].font > font) {
      font = runs[i].font;
      weight = runs[i].weight;
    }
  }
  if (!first) return;
  if (prices.length >= arg.maxPrices * 4) {
    cut = true;
    return;
  }
  if (!struck && (drawnStrike(element) || (element.parentElement && element.parentElement.childNodes.length <= 3 && element.parentElement.childElementCount === 1 && drawnStrike(element.parentElement)))) struck = true;
  prices[prices.length] = { element, text, kind, struck, font, weight, first, last };
}

function maskOf(element) {
  return { text: MASK, element, kind: null, line: null, at: 0, spaced: false, apart: false, flexed: false, struck: false, font: 0, weight: 0, taken: false };
}

function walk(element, outer) {
  visited += 1;
  if (visited > 40000 || (visited % 256 === 0 && performance.now() - started > arg.milliseconds)) {
    cut = true;
    return [];
  }
  const name = element.nodeName;
  if (SKIPPED_TAGS[name]) return [];
  const style = getComputedStyle(element);
  const kind = kindOf(element, style, outer.kind);
  const display = style.display;
  const inline = /^(inline|contents|ruby)/.test(display) || (INLINE_TAGS[name] === 1 && outer.flexed);
  const cell = display === 'table-cell';
  const breaks = !inline && !cell && kind !== HIDDEN && kind !== SPOKEN;
  const code = outer.code || CODE_TAGS[name] === 1;
  const detached = /^inline-|^flow-root/.test(display) || style.position === 'absolute' || style.position === 'fixed' || style.cssFloat !== 'none';
  const drawnThrough = /line-through/.test(style.textDecorationLine) || (outer.drawnThrough && !detached);
  const inner = {
    kind,
    code,
    drawnThrough,
    struck: outer.struck || STRUCK_TAGS[name] === 1,
    flexed: /flex|grid/.test(display),
  };
  if (breaks) newLine();
  const level = /^H[1-6]$/.test(name) ? Number(name[1]) : element.getAttribute('role') === 'heading' ? Number(element.getAttribute('aria-level')) || 2 : 0;
  if (level && headings.length < 300) {
    headings[headings.length] = { level, element, kind };
  }
  let runs = [];
  let parts = 0;
  let spaced = false;
  let after = false; // a block has just ended
  const take = (text, owner) => {
    if (kind === HIDDEN && !/\p{Nd}/u.test(text)) return;
    if (code) {
      if (kind === SHOWN && codeLength < 50000) {
        codes[codes.length] = text.slice(0, 20000);
        codeLength += text.length;
      }
      return;
    }
    if (kind === SPOKEN) {
      const words = fold(text);
      if (words) line.spoken[line.spoken.length] = { at: line.text.length, words: words.slice(0, 200) };
      return;
    }
    const run = {
      text: text.slice(0, 20000), element: owner, kind, line, at: 0, spaced, apart: false, flexed: false,
      minor: false, struck: inner.struck || drawnThrough, font: parseFloat(style.fontSize) || 0, weight: Number(style.fontWeight) || 400, taken: false,
    };
    if (kind === SHOWN) {
      if (length > arg.maxText) cut = true;
      else {
        const minor = line.last && isMinor(line.last, run) && !/\s$/.test(line.text);
        if (minor) line.gap = false;
        run.minor = minor;
        const point = minor && !/[.,]$/.test(line.text) ? '.' : '';
        run.at = append(point + text, spaced || (cell && !parts)) + point.length;
        line.last = run;
      }
    }
    run.apart = after;
    after = false;
    runs[runs.length] = run;
    parts += 1;
    spaced = false;
  };
  if (name === 'INPUT') {
    if (/^(submit|button|reset)$/.test(element.type) && element.value) take(String(element.value), element);
  } else if (name === 'TEXTAREA') {
    if (element.value) take(String(element.value).slice(0, 5000), element);
  } else if (name === 'SELECT') {
    const chosen = element.selectedOptions && element.selectedOptions[0];
    if (chosen && kind === SHOWN && length < arg.maxText) append(chosen.textContent.slice(0, 300), true);
  } else if (name === 'BR') {
    if (kind === SHOWN) newLine();
  } else if (name !== 'svg') {
    const closed = name === 'DETAILS' && !element.open;
    const children = drawnChildren(element);
    for (let i = 0; i < children.length; i += 1) {
      const child = children[i];
      if (child.nodeType === 3) {
        if (closed || !child.nodeValue) continue;
        if (/\S/.test(child.nodeValue)) take(child.nodeValue, element);
        else {
          if (kind === SHOWN && line.text && !code) append(' ', false);
          spaced = true;
        }
      } else if (child.nodeType === 1) {
        if (closed && child.nodeName !== 'SUMMARY') inner.kind = HIDDEN;
        else inner.kind = kind;
        if (inner.flexed) line.gap = true;
        const below = walk(child, inner);
        if (inner.flexed) line.gap = true;
        if (below.length) {
          if (runs.length) {
            below[0].spaced = below[0].spaced || spaced;
            below[0].flexed = inner.flexed;
            below[0].apart = below.apart || after;
          }
          after = below.apart;
          for (let k = 0; k < below.length; k += 1) runs[runs.length] = below[k];
          parts += 1;
          spaced = false;
        } else if (child.nodeName === 'BR') spaced = true;
      }
    }
  }
  if (runs.length) {
    if (!runs[0].minor) takePrices(element, runs, SHOWN); // cents alone are no price; who holds the number takes it
    takePrices(element, runs, HIDDEN);
    const left = [];
    let size = 0;
    for (let i = 0; i < runs.length; i += 1) {
      if (runs[i].taken) {
        if (!left.length || left[left.length - 1].text !== MASK) left[left.length] = maskOf(element);
      } else {
        left[left.length] = runs[i];
        size += runs[i].text.length;
      }
    }
    // Only short text can be part of an amount that is spread over elements.
    runs = left;
    if (size > (breaks || cell ? 40 : 120) || level) {
      runs = [maskOf(element)];
    }
    runs.apart = breaks || cell;
  }
  if (breaks) newLine();
  return runs;
}

newLine();
walk(document.body || document.documentElement, { kind: SHOWN, code: false, drawnThrough: false, struck: false, flexed: false });
const main = mainBlock();

function closeLabel(price, index) {
  const spoken = price.first.run.line.spoken;
  if (!spoken.length) return '';
  const start = price.first.run.at + price.first.at;
  const bare = price.text.replace(/\s/g, '');
  for (let i = 0; i < spoken.length; i += 1) if (spoken[i].words.replace(/\s/g, '').includes(bare)) return spoken[i].words;
  let floor = -1;
  let ceiling = Infinity;
  for (let i = 0; i < prices.length; i += 1) {
    if (i === index || prices[i].first.run.line !== price.first.run.line) continue;
    const at = prices[i].first.run.at + prices[i].first.at;
    if (at < start && at > floor) floor = at;
    if (at > start && at < ceiling) ceiling = at;
  }
  let label = '';
  for (let i = 0; i < spoken.length; i += 1) if (spoken[i].at <= start && spoken[i].at > floor) label += (label ? ' ' : '') + spoken[i].words;
  if (label) return label;
  for (let i = 0; i < spoken.length; i += 1) if (spoken[i].at > start && spoken[i].at <= ceiling) return spoken[i].words;
  return '';
}

const out = [];
for (let pass = 0; pass < 2; pass += 1) {
  for (let i = 0; i < prices.length && out.length < arg.maxPrices; i += 1) {
    const price = prices[i];
    if ((price.kind === SHOWN) !== (pass === 0)) continue;
    const box = boxOf(price.element);
    const visible = price.kind === SHOWN && isDrawn(price.element) && (box[2] > 0 || getComputedStyle(price.element).display === 'contents');
    const firstText = price.first.run.line.text;
    const lastText = price.last.run.line.text;
    const start = price.first.run.at + price.first.at;
    const end = price.last.run.at + price.last.at;
    let classes = classesOf(price.element);
    let parent = drawnParent(price.element);
    for (let k = 0; parent && k < 3; k += 1, parent = drawnParent(parent)) classes += ' ' + classesOf(parent);
    const card = isCard(price.element);
    out[out.length] = {
      order: i,
      text: price.text.slice(0, 300),
      before: price.kind === SHOWN ? fold(firstText.slice(Math.max(0, start - 60), start)) : '',
      after: price.kind === SHOWN ? fold(lastText.slice(end, end + 60)) : '',
      selector: selectorOf(price.element),
      classes: fold(classes).slice(0, 600),
      struck: price.struck,
      visible,
      font_px: round(price.font),
      weight: price.weight,
      box,
      in_main_product: !!main && main.contains(price.element) && !card,
      in_card: card,
      hidden_label: price.kind === SHOWN ? closeLabel(price, i).slice(0, 200) : '',
    };
  }
}
out.sort((a, b) => a.order - b.order);

let visible = '';
for (let i = 0; i < lines.length; i += 1) {
  const text = lines[i].text.trim();
  if (text) visible += (visible ? '\n' : '') + text;
}
const headingRows = [];
for (let i = 0; i < headings.length; i += 1) {
  const element = headings[i].element;
  let text = fold(element.textContent.slice(0, 2000));
  if (element.shadowRoot) text = fold(element.shadowRoot.textContent.slice(0, 2000)) || text;
  const pictures = element.querySelectorAll('img[alt]');
  for (let k = 0; k < pictures.length && k < 3; k += 1) text = fold(text + ' ' + pictures[k].alt);
  headingRows[i] = [headings[i].level, text.slice(0, 300), headings[i].kind === SHOWN && isDrawn(element)];
}
return {
  title: fold(document.title).slice(0, 1000),
  lang: String(document.documentElement.lang || '').slice(0, 60),
  visible: visible.slice(0, arg.maxText),
  code: codes.join('\n').slice(0, 50000),
  prices: out,
  headings: headingRows,
  main_block: !!main,
  cut: cut || visible.length > arg.maxText || prices.length > out.length,
};
