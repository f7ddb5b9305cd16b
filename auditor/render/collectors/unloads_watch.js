// Runs in every document before its own scripts: notes who listens to `unload`. Each listener counts until it is taken away.
(() => {
  if (window.top !== window) return;
  const MOST = 50;
  let found = [];
  /* callers.js */

  const on = (self, args) => args[0] === 'unload' && (self === window || self === undefined || self === null);
  const captures = (options) => !!(options && typeof options === 'object' ? options.capture : options);
  const same = (one, args) => one.listener === args[1] && one.capture === captures(args[2]);
  wrap(EventTarget.prototype, 'addEventListener', (self, args) => {
    if (!on(self, args) || !args[1] || found.length >= MOST) return;
    for (let i = 0; i < found.length; i += 1) if (same(found[i], args)) return;
    const options = args[2] && typeof args[2] === 'object' ? args[2] : {};
    found[found.length] = { script: asker(), listener: args[1], capture: captures(args[2]), signal: options.signal };
  });
  wrap(EventTarget.prototype, 'removeEventListener', (self, args) => {
    if (on(self, args)) found = found.filter((one) => !same(one, args));
  });

  define(window, Symbol.for('auditor.unloads'), { value: () => found.filter((one) => !(one.signal && one.signal.aborted)).map((one) => one.script) });
})();
