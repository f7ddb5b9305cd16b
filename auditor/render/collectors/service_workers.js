// What the listener heard.
const container = navigator.serviceWorker;
const heard = container && container[Symbol.for('auditor')];
const wanted = [];
for (let i = 0; heard && i < heard.length && i < 20; i += 1) if (typeof heard[i] === 'string') wanted[wanted.length] = heard[i];
return { supported: !!container, wanted };
