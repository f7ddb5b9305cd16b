// Who listens to `unload` now: what unloads_watch.js noted, and the handler in the page or of a property. A page whose policy denies the event has none.
const told = window[Symbol.for('auditor.unloads')];
const policy = document.featurePolicy;
const denied = !!policy && policy.features().includes('unload') && !policy.allowsFeature('unload');
const scripts = denied || !told ? [] : told();
if (!denied && typeof window.onunload === 'function') scripts.push(document.body && document.body.hasAttribute('onunload') ? location.href : '');
return { scripts: [...new Set(scripts)].map((one) => one.slice(0, 500)).slice(0, 20), watched: !!told };
