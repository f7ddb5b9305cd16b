// Shared: the document and the shadow trees in it, `most` of them at most.
function rootsOf(most) {
  const roots = [];
  const pending = [document];
  while (pending.length && roots.length < most) {
    const root = pending.pop();
    roots[roots.length] = root;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) if (node.shadowRoot) pending[pending.length] = node.shadowRoot;
  }
  return roots;
}
