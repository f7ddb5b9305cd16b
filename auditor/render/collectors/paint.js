// arg: {cap}. What the browser's own observers kept of this load; a kind that it does not know is null.
const known = (typeof PerformanceObserver === 'function' && PerformanceObserver.supportedEntryTypes) || [];
const knows = (type) => known.indexOf(type) >= 0;

// What is kept is handed over in a task of its own. A page that has been painted has no more
// to come, so nothing is waited for then. Null of a kind that the browser does not know.
const PAINTED = ['paint', 'largest-contentful-paint'];
const LONGEST_MS = 60;

function kept(type) {
  if (!knows(type)) return null;
  const found = [];
  const add = (entries) => {
    for (let i = 0; i < entries.length; i += 1) found[found.length] = entries[i];
  };
  try {
    const observer = new PerformanceObserver((list) => add(list.getEntries()));
    observer.observe({ type, buffered: true });
    return { type, found, end: () => { add(observer.takeRecords()); observer.disconnect(); return found; } };
  } catch (error) {
    return null;
  }
}

async function handedOver(kinds) {
  const began = performance.now();
  const waits = () => {
    for (let i = 0; i < kinds.length; i += 1) if (kinds[i] && PAINTED.indexOf(kinds[i].type) >= 0 && !kinds[i].found.length) return true;
    return false;
  };
  do await new Promise((resolve) => setTimeout(resolve, 8));
  while (waits() && performance.now() - began < LONGEST_MS);
  const entries = [];
  for (let i = 0; i < kinds.length; i += 1) entries[i] = kinds[i] && kinds[i].end();
  return entries;
}

function largestOf(entries) {
  if (!entries || !entries.length) return null;
  const last = entries[entries.length - 1];
  const element = last.element;
  const spot = element ? spotOf(element) : {};
  return {
    at_ms: round(last.startTime),
    spot,
    url: String(last.url || '').slice(0, 2000),
    loading: element && element.loading === 'lazy' ? 'lazy' : '',
    priority: (element && element.fetchPriority && element.fetchPriority !== 'auto' && element.fetchPriority) || '',
  };
}

function culpritsOf(entry) {
  const sources = [];
  const all = entry.sources || [];
  for (let i = 0; i < all.length; i += 1) {
    const node = all[i].node && all[i].node.nodeType === 3 ? all[i].node.parentElement : all[i].node;
    if (!node || node.nodeType !== 1 || !node.isConnected) continue;
    const before = all[i].previousRect;
    const after = all[i].currentRect;
    const moved = Math.abs(before.top - after.top) + Math.abs(before.left - after.left) + Math.abs(before.height - after.height);
    sources[sources.length] = [moved, node];
  }
  sources.sort((a, b) => b[0] - a[0]);
  const culprits = [];
  for (let i = 0; i < sources.length && i < 3; i += 1) culprits[i] = spotOf(sources[i][1]);
  return culprits;
}

// The worst window: shifts less than a second apart, five seconds at most (web.dev/articles/cls).
function windowed(shifts) {
  let worst = 0;
  let sum = 0;
  let began = 0;
  let last = -10000;
  for (let i = 0; i < shifts.length; i += 1) {
    const at = shifts[i].startTime;
    if (at - last > 1000 || at - began > 5000) {
      sum = 0;
      began = at;
    }
    last = at;
    sum += shifts[i].value;
    if (sum > worst) worst = sum;
  }
  return worst;
}

// Whose scripts held up frames that took over 50 ms, by host; an inline script has the page's own address.
function scriptsOf(frames) {
  if (!frames) return null;
  const hosts = [];
  for (let i = 0; i < frames.length; i += 1) {
    const ran = frames[i].scripts || [];
    for (let j = 0; j < ran.length && j < 200; j += 1) {
      const url = String(ran[j].sourceURL || '').slice(0, 2000);
      const found = /^https?:\/\/(?:[^/?#@]*@)?([^/:?#]+)/.exec(url);
      if (!found) continue;
      const took = ran[j].duration;
      let entry = null;
      for (let k = 0; k < hosts.length; k += 1) if (hosts[k].host === found[1]) entry = hosts[k];
      if (!entry && hosts.length < 100) {
        entry = { host: found[1], url, duration_ms: 0, runs: 0, longest: 0 };
        hosts[hosts.length] = entry;
      }
      if (!entry) continue;
      entry.duration_ms += took;
      entry.runs += 1;
      if (took > entry.longest) {
        entry.longest = took;
        entry.url = url;
      }
    }
  }
  hosts.sort((a, b) => b.duration_ms - a.duration_ms);
  const told = [];
  for (let k = 0; k < hosts.length; k += 1) told[k] = { host: hosts[k].host, url: hosts[k].url, duration_ms: round(hosts[k].duration_ms), runs: hosts[k].runs };
  return told;
}

const [paints, largest, moved, long, frames] = await handedOver([kept('paint'), kept('largest-contentful-paint'), kept('layout-shift'), kept('longtask'), kept('long-animation-frame')]);
const navigation = performance.getEntriesByType('navigation')[0] || {};
let fcp = null;
for (let i = 0; paints && i < paints.length; i += 1) if (paints[i].name === 'first-contentful-paint') fcp = round(paints[i].startTime);

const unasked = [];
for (let i = 0; moved && i < moved.length; i += 1) if (!moved[i].hadRecentInput) unasked[unasked.length] = moved[i];
const worstFirst = unasked.slice().sort((a, b) => b.value - a.value);
const shifts = [];
for (let i = 0; i < worstFirst.length && i < 10; i += 1) {
  shifts[i] = { value: Math.round(worstFirst[i].value * 10000) / 10000, at_ms: round(worstFirst[i].startTime), culprits: culpritsOf(worstFirst[i]) };
}

const tasks = [];
let blocked = 0;
for (let i = 0; long && i < long.length; i += 1) {
  if (fcp !== null && long[i].startTime + long[i].duration > fcp) blocked += Math.max(0, long[i].duration - 50);
  tasks[tasks.length] = { began_ms: round(long[i].startTime), duration_ms: round(long[i].duration) };
}
tasks.sort((a, b) => b.duration_ms - a.duration_ms);

const resources = [];
const entries = performance.getEntriesByType('resource');
for (let i = 0; i < entries.length && i < arg.cap; i += 1) {
  const one = entries[i];
  if (!/^https?:/.test(one.name)) continue;
  resources[resources.length] = {
    url: one.name.slice(0, 2000), initiator: String(one.initiatorType || ''), blocking: one.renderBlockingStatus === 'blocking',
    transferred: Math.round(one.transferSize || 0), size: Math.round(one.encodedBodySize || 0), decoded: Math.round(one.decodedBodySize || 0),
  };
}
const since = (value) => (value > 0 ? round(value) : 0);
return {
  redirect_ms: since((navigation.redirectEnd || 0) - (navigation.redirectStart || 0)),
  connect_ms: since((navigation.connectEnd || 0) - (navigation.domainLookupStart || 0)),
  ttfb_ms: since(navigation.responseStart),
  html_ms: since(navigation.responseEnd),
  content_loaded_ms: since(navigation.domContentLoadedEventEnd),
  load_ms: since(navigation.loadEventEnd),
  fcp_ms: paints ? fcp : null,
  largest: largestOf(largest),
  cls: moved ? Math.round(windowed(unasked) * 10000) / 10000 : null,
  shifts,
  tbt_ms: long ? round(blocked) : null,
  tasks: tasks.slice(0, 20),
  scripts: scriptsOf(frames),
  resources,
  cut: Math.max(0, entries.length - arg.cap),
};
