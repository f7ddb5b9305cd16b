// Shared by the collectors: stands in front of each collector's own script, inside the same function.
// Plain loops rather than array methods: shops ship libraries that replace them.
const SKIPPED_TAGS = { SCRIPT: 1, STYLE: 1, TEMPLATE: 1, NOSCRIPT: 1, HEAD: 1, IFRAME: 1, OBJECT: 1, EMBED: 1, CANVAS: 1, AUDIO: 1, VIDEO: 1, DATALIST: 1, LINK: 1, META: 1 };

function fold(text) {
  return String(text).replace(/[\s\u200b\u200e\u200f\ufeff]+/g, ' ').trim();
}

function round(number) {
  return Math.round(number * 10) / 10 || 0;
}

// Children as they are drawn: a shadow root's instead of the host's, what is assigned instead of a slot's own.
function drawnChildren(node) {
  if (node.shadowRoot) return node.shadowRoot.childNodes;
  if (node.nodeName === 'SLOT' && typeof node.assignedNodes === 'function') {
    const assigned = node.assignedNodes({ flatten: true });
    if (assigned.length) return assigned;
  }
  return node.childNodes;
}

function drawnParent(element) {
  if (element.assignedSlot) return element.assignedSlot;
  if (element.parentElement) return element.parentElement;
  const root = element.getRootNode();
  return root && root.host ? root.host : null;
}

function boxOf(element) {
  const rect = element.getBoundingClientRect();
  return [round(rect.left + window.scrollX), round(rect.top + window.scrollY), round(rect.width), round(rect.height)];
}

function classesOf(element) {
  return fold(element.getAttribute('class') || '').slice(0, 300);
}

// Names made by a build: css-1a2b3c, sc-bdVaJa, header__x7Yz1. They change with every release.
function readableName(name) {
  if (!/^[a-zA-Z][\w-]{1,40}$/.test(name) || /\d{3}/.test(name)) return '';
  if (/^(css|sc|jss|emotion|svelte|astro|jsx|data-v)-/i.test(name)) return '';
  const stem = name.replace(/__+[A-Za-z0-9-]{5,8}$/, (tail) => (/\d|[a-z][A-Z]|[A-Z]{2}/.test(tail) ? '' : tail));
  const parts = stem.split(/[-_]/);
  for (let i = 0; i < parts.length; i += 1) {
    if (/\d/.test(parts[i]) && /[a-z]\d[a-z]|\d[a-z]+\d/i.test(parts[i])) return '';
  }
  return stem;
}

function shortLabel(element) {
  const tag = element.localName.slice(0, 40);
  const id = readableName(element.id && typeof element.id === 'string' ? element.id : '');
  if (id && !/\d/.test(id)) return tag + '#' + id;
  const classes = classesOf(element).split(' ');
  let label = tag;
  let count = 0;
  for (let i = 0; i < classes.length && count < 2; i += 1) {
    const name = readableName(classes[i]);
    if (name) {
      label += '.' + name;
      count += 1;
    }
  }
  return label;
}

// What stays when the page is built again: "table.size-chart", or "table in div.description" where it has no name.
function labelOf(element) {
  const own = shortLabel(element);
  if (own !== element.localName) return own;
  let parent = drawnParent(element);
  for (let i = 0; parent && i < 8; i += 1, parent = drawnParent(parent)) {
    const label = shortLabel(parent);
    if (label !== parent.localName) return own + ' in ' + label;
  }
  return own;
}

function selectorOf(element) {
  const parts = [];
  let current = element;
  for (let depth = 0; current && current.nodeType === 1 && depth < 12; depth += 1) {
    const id = current.id;
    if (typeof id === 'string' && /^[A-Za-z][\w-]{0,60}$/.test(id)) {
      const same = current.getRootNode().querySelectorAll('#' + id);
      if (same.length === 1) {
        parts.unshift('#' + id);
        if (!current.getRootNode().host) return parts.join(' > ');
        current = current.getRootNode().host;
        parts[0] = '>>> ' + parts[0];
        continue;
      }
    }
    let position = 1;
    let alike = 0;
    const parent = current.parentNode;
    if (parent && parent.children) {
      for (let i = 0; i < parent.children.length; i += 1) {
        if (parent.children[i].localName === current.localName) {
          alike += 1;
          if (parent.children[i] === current) position = alike;
        }
      }
    }
    let part = current.localName;
    if (alike > 1) part += ':nth-of-type(' + position + ')';
    if (part === 'html' || part === 'body') {
      parts.unshift(part);
      break;
    }
    if (current.parentElement) {
      parts.unshift(part);
      current = current.parentElement;
    } else {
      const root = current.getRootNode();
      parts.unshift((root.host ? '>>> ' : '') + part);
      current = root.host || null;
    }
  }
  return parts.join(' > ').slice(0, 600);
}

// Drawn at all: no display none, visibility hidden, opacity 0 or closed details above it.
function isDrawn(element) {
  if (typeof element.checkVisibility === 'function') {
    return element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true, opacityProperty: true, visibilityProperty: true });
  }
  return element.getClientRects().length > 0 && getComputedStyle(element).visibility === 'visible';
}

// The start tag only; cloning would run the constructors of custom elements.
function startTag(element, length) {
  let html = '<' + element.localName;
  for (let i = 0; i < element.attributes.length && html.length < length; i += 1) {
    const attribute = element.attributes[i];
    html += ' ' + attribute.name + '="' + attribute.value.replace(/"/g, '&quot;') + '"';
  }
  return (html + '>').slice(0, length);
}
