// Runs in every document before its own scripts: keeps a copy of what is pushed to the data layer, at the moment it is pushed.
(() => {
  if (window.top !== window) return;
  const MOST = 1000, ALL_CHARS = 2000000, ONE_CHARS = 60000, NODES = 4000, TEXT = 1000, DEEPEST = 12, KEYS = 300;
  const quote = JSON.stringify, isArray = Array.isArray, keysOf = Object.keys, define = Object.defineProperty;
  const toText = Object.prototype.toString, clock = performance.now.bind(performance), zero = performance.timeOrigin;
  const apply = Function.prototype.call.bind(Function.prototype.apply);
  const kept = [], known = new WeakSet(), seen = new WeakSet(), watched = {};
  let cut = 0, chars = 0;

  function write(value, depth, above, left) {
    if (left.nodes-- <= 0 || left.chars <= 0) { left.cut = true; return '"[cut]"'; }
    switch (typeof value) {
      case 'string': {
        if (value.length > TEXT) left.cut = true;
        const text = quote(value.slice(0, TEXT));
        left.chars -= text.length;
        return text;
      }
      case 'number': left.chars -= 8; return isFinite(value) ? '' + value : '"[' + value + ']"';
      case 'boolean': return value ? 'true' : 'false';
      case 'bigint': return '"' + value + '"';
      case 'function': return '"[function]"';
      case 'symbol': return '"[symbol]"';
      case 'undefined': return '"[undefined]"';
    }
    if (value === null) return 'null';
    for (let i = 0; i < above.length; i += 1) if (above[i] === value) { left.cut = true; return '"[circular]"'; }
    if (depth > DEEPEST) { left.cut = true; return '"[cut]"'; }
    let parts = '';
    above.push(value);
    try {
      const kind = toText.call(value);
      if (kind === '[object Arguments]' || isArray(value)) {
        const end = Math.min(value.length >>> 0, KEYS);
        if (value.length > KEYS) left.cut = true;
        for (let i = 0; i < end; i += 1) parts += (i ? ',' : '') + property(value, i, depth, above, left);
        return kind === '[object Arguments]' ? '{"arguments":[' + parts + ']}' : '[' + parts + ']';
      }
      if (kind === '[object Date]') return quote('' + +value);
      if (value.nodeType === 1) return quote('<' + value.localName + '>');
      if (value === value.window) return '"[window]"';
      const names = keysOf(value);
      if (names.length > KEYS) left.cut = true;
      for (let i = 0; i < names.length && i < KEYS; i += 1) {
        left.chars -= names[i].length;
        parts += (i ? ',' : '') + quote(names[i].slice(0, 200)) + ':' + property(value, names[i], depth, above, left);
      }
      return '{' + parts + '}';
    } catch (_) {
      left.cut = true;
      return '"[unreadable]"';
    } finally {
      above.length -= 1;
    }
  }

  function property(holder, name, depth, above, left) {
    let value;
    try { value = holder[name]; } catch (_) { left.cut = true; return '"[getter threw]"'; }
    return write(value, depth + 1, above, left);
  }

  function keep(name, value, at) {
    try {
      if (kept.length >= MOST || chars >= ALL_CHARS) { cut += 1; return; }
      if (value !== null && typeof value === 'object') seen.add(value);
      const left = { nodes: NODES, chars: ONE_CHARS, cut: false };
      const json = write(value, 0, [], left);
      chars += json.length;
      kept[kept.length] = [at, name, json, left.cut];
    } catch (_) {
      cut += 1;
    }
  }

  function adopt(name, list) {
    if (!isArray(list) || known.has(list)) return;
    known.add(list);
    for (let i = 0; i < list.length && i < MOST; i += 1) keep(name, list[i], zero + clock());
    const push = list.push;
    define(list, 'push', {
      configurable: true,
      writable: true,
      enumerable: false,
      value: function () {
        for (let i = 0; i < arguments.length; i += 1) keep(name, arguments[i], zero + clock());
        return apply(push, this, arguments);
      },
    });
  }

  function watch(name) {
    let current;
    watched[name] = true;
    define(window, name, {
      configurable: true,
      enumerable: true,
      get: () => current,
      set: (value) => { current = value; try { adopt(name, value); } catch (_) { cut += 1; } },
    });
  }

  try { watch('dataLayer'); watch('adobeDataLayer'); } catch (_) { /* a page that was there before us */ }

  define(window, Symbol.for('auditor.dataLayer'), {
    value: (names) => {
      for (let n = 0; n < names.length; n += 1) {
        let list;
        try { list = window[names[n]]; } catch (_) { continue; }
        if (!isArray(list)) continue;
        for (let i = 0; i < list.length && i < MOST; i += 1) {
          const entry = list[i];
          if (entry === null || typeof entry !== 'object' || !seen.has(entry)) {
            if (!watched[names[n]] || (entry !== null && typeof entry === 'object')) keep(names[n], entry, -1);
          }
        }
      }
      return { pushes: kept, cut };
    },
  });
})();
