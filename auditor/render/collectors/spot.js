// Shared: an element as evidence names it.
function spotOf(element, text) {
  return {
    selector: selectorOf(element),
    label: labelOf(element),
    html: startTag(element, 300),
    text: fold(String(text === undefined ? element.textContent || '' : text).slice(0, 600)).slice(0, 120),
    box: boxOf(element),
  };
}
