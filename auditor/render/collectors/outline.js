// Headings and landmarks in order, shadow roots included, and how large the document is.
const headings = [];
const landmarks = [];
let elements = 0;
let deepest = 0;
let widest = 0;
const ROLES = /^(main|navigation|banner|contentinfo|complementary|search|form|region)$/;
const TAGS = { MAIN: 'main', NAV: 'navigation', ASIDE: 'complementary', SEARCH: 'search' };

function nameOf(element) {
  const label = fold(element.getAttribute('aria-label') || '');
  if (label) return label.slice(0, 120);
  const ids = fold(element.getAttribute('aria-labelledby') || '').split(' ');
  let text = '';
  for (let i = 0; i < ids.length && i < 5; i += 1) {
    const other = ids[i] && document.getElementById(ids[i]);
    if (other) text += ' ' + other.textContent;
  }
  return fold(text.slice(0, 400)).slice(0, 120);
}

function landmarkOf(element) {
  const role = (element.getAttribute('role') || '').trim().toLowerCase().split(' ')[0];
  if (role) return ROLES.test(role) ? role : '';
  if (TAGS[element.nodeName]) return TAGS[element.nodeName];
  if ((element.nodeName === 'HEADER' || element.nodeName === 'FOOTER') && !element.closest('article, aside, main, nav, section')) return element.nodeName === 'HEADER' ? 'banner' : 'contentinfo';
  if ((element.nodeName === 'SECTION' || element.nodeName === 'FORM') && nameOf(element)) return element.nodeName === 'FORM' ? 'form' : 'region';
  return '';
}

function levelOf(element) {
  if (/^H[1-6]$/.test(element.nodeName)) return Number(element.nodeName[1]);
  if (element.getAttribute('role') !== 'heading') return 0;
  return Math.min(Math.max(Number(element.getAttribute('aria-level')) || 2, 1), 9);
}

const stack = [[document.documentElement, 0]];
while (stack.length && elements < 100000) {
  const [element, depth] = stack.pop();
  elements += 1;
  if (depth > deepest) deepest = depth;
  const level = levelOf(element);
  if (level && headings.length < 300) headings[headings.length] = { level, text: fold(element.textContent.slice(0, 1000)).slice(0, 200), visible: isDrawn(element) };
  const role = landmarkOf(element);
  if (role && landmarks.length < 200) landmarks[landmarks.length] = { role, name: nameOf(element), visible: isDrawn(element) };
  let count = 0;
  const pushChildren = (root) => {
    for (let child = root.lastElementChild; child; child = child.previousElementSibling) {
      count += 1;
      stack[stack.length] = [child, depth + 1];
    }
  };
  pushChildren(element);
  if (element.shadowRoot) pushChildren(element.shadowRoot);
  if (count > widest) widest = count;
}
return {
  headings,
  landmarks,
  elements, deepest: Math.max(0, deepest - 1), most_children: widest,
};
