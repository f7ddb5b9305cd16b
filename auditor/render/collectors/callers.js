// Stands in the scripts that run before a page's own (watchers.py): which script calls a function of the browser's.
  const reflect = Reflect.apply, define = Object.defineProperty, NativeError = Error, apply = (how, on, args) => reflect(how, on, args);

  function asker() {
    const limit = NativeError.stackTraceLimit;
    let lines;
    try { NativeError.stackTraceLimit = 30; lines = String(new NativeError().stack || '').split('\n'); } finally { NativeError.stackTraceLimit = limit; }
    // what stands above is our own, which Firefox gives the page's address
    let top = 0;
    for (let i = 0; i < lines.length; i += 1) if (lines[i].includes('auditorTrap')) top = i + 1;
    for (let i = top; i < lines.length; i += 1) {
      const at = /https?:\/\/[^\s)]+/.exec(lines[i]);
      if (at) return at[0].replace(/(:\d+){1,2}$/, '').slice(0, 500);
    }
    return '';
  }

  // A proxy of the browser's own function still says that it is the browser's own.
  function wrap(holder, name, before) {
    const native = holder && holder[name];
    if (typeof native !== 'function') return;
    define(holder, name, {
      configurable: true, writable: true, enumerable: true,
      value: new Proxy(native, { apply: function auditorTrap(target, self, args) { try { before(self, args); } catch (_) { /* the page's own matter */ } return apply(target, self, args); } }),
    });
  }
