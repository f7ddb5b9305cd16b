// arg: {cap}. The faces of document.fonts; what was never needed is "unloaded", which is right.
const items = [];
let cut = 0;
const seen = new Set();
if (document.fonts && typeof document.fonts.forEach === 'function') {
  document.fonts.forEach((face) => {
    const one = {
      family: String(face.family || '').replace(/^["']|["']$/g, '').slice(0, 120), status: String(face.status || ''), weight: String(face.weight || ''),
      style: String(face.style || ''), display: String(face.display || ''),
    };
    const key = JSON.stringify(one);
    if (seen.has(key)) return; // one for each range of characters
    seen.add(key);
    if (items.length < arg.cap) items[items.length] = one;
    else cut += 1;
  });
}
return { items, cut };
