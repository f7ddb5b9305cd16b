// arg: {cap, siteHosts}. The frames of this document; what is in them the collector asks Playwright.
const items = [];
const all = document.querySelectorAll('iframe, frame');
for (let i = 0; i < all.length && items.length < arg.cap; i += 1) {
  const frame = all[i];
  let declared = '';
  try {
    declared = frame.getAttribute('src') ? new URL(frame.getAttribute('src'), document.baseURI).href : '';
  } catch (error) {
    declared = '';
  }
  const rect = frame.getBoundingClientRect();
  items[items.length] = {
    declared: declared.slice(0, 2000), title: fold(frame.getAttribute('title') || '').slice(0, 200), lazy: frame.loading === 'lazy',
    visible: rect.width > 1 && rect.height > 1 && isDrawn(frame), selector: selectorOf(frame), box: boxOf(frame), name: String(frame.name || '').slice(0, 200),
  };
}
return { items, cut: Math.max(0, all.length - items.length) };
