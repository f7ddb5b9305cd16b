// arg: selectors as axe wrote them for this frame. Role, name and place of each element, null where it is gone.
const details = [];
let ready = false;
try {
  axe.setup(document);
  ready = true;
} catch (error) {
  // Another run of axe, the page's own, is under way: names come from attributes then.
}

function wordsOf(element) {
  const own = fold((element.textContent || '').slice(0, 1000));
  const named = element.getAttribute('aria-label') || own || element.getAttribute('alt') || element.getAttribute('title') || element.getAttribute('placeholder');
  if (named) return fold(named);
  for (let parent = drawnParent(element), i = 0; parent && i < 4; i += 1, parent = drawnParent(parent)) {
    const text = fold((parent.textContent || '').slice(0, 1000));
    if (text) return text;
  }
  return '';
}

for (let i = 0; i < arg.length; i += 1) {
  details[i] = null;
  let element = null;
  try {
    element = axe.utils.shadowSelect(arg[i]);
  } catch (error) {
    continue;
  }
  if (!element) continue;
  let role = '';
  let name = '';
  try {
    const virtual = ready ? axe.utils.getNodeFromTree(element) : null;
    if (virtual) {
      role = axe.commons.aria.getRole(virtual) || '';
      name = fold(axe.commons.text.accessibleTextVirtual(virtual) || '');
    }
  } catch (error) {
    role = '';
  }
  details[i] = {
    role: role || element.getAttribute('role') || '',
    name: (name || wordsOf(element)).slice(0, 120),
    box: boxOf(element),
  };
}
try {
  if (ready) axe.teardown();
} catch (error) {
  ready = false;
}
return details;
