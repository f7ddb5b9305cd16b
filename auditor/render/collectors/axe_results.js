// Shared by axe_main and axe_finish. arg.cap: nodes kept of a rule.
function dataOf(node) {
  const data = {};
  const groups = [node.any, node.all, node.none];
  for (let g = 0; g < groups.length; g += 1) {
    for (let i = 0; groups[g] && i < groups[g].length; i += 1) {
      const values = groups[g][i].data;
      if (!values || typeof values !== 'object' || Array.isArray(values)) continue;
      const keys = Object.keys(values);
      for (let k = 0; k < keys.length && k < 20; k += 1) {
        const value = values[keys[k]];
        if (value !== null && value !== undefined && typeof value !== 'object') data[keys[k]] = String(value).slice(0, 100);
      }
    }
  }
  return data;
}

// What is mended once: a pair of colours, or what is written alike but for its numbers.
function kindOf(node) {
  const data = dataOf(node);
  if (data.fgColor && data.bgColor) return data.fgColor + ' ' + data.bgColor;
  return String(node.html || '').slice(0, 200).replace(/\d+/g, '#');
}

// Of more than are kept, the first of each kind before further ones: another device, which shows fewer, must not seem to be alone with it.
function chosen(nodes) {
  if (nodes.length <= arg.cap) return nodes;
  const taken = new Set();
  const kinds = new Set();
  for (let i = 0; i < nodes.length && taken.size < arg.cap; i += 1) {
    const kind = kindOf(nodes[i]);
    if (!kinds.has(kind)) taken.add(i);
    kinds.add(kind);
  }
  for (let i = 0; i < nodes.length && taken.size < arg.cap; i += 1) taken.add(i);
  const out = [];
  for (let i = 0; i < nodes.length; i += 1) if (taken.has(i)) out[out.length] = nodes[i];
  return out;
}

function kept(rules) {
  const out = [];
  for (let i = 0; i < rules.length; i += 1) {
    const rule = rules[i];
    const nodes = [];
    const shown = chosen(rule.nodes);
    for (let n = 0; n < shown.length; n += 1) {
      const node = shown[n];
      nodes[n] = {
        target: node.target,
        html: String(node.html || '').slice(0, 500),
        summary: String(node.failureSummary || '').slice(0, 1000),
        impact: node.impact || '',
        data: dataOf(node),
      };
    }
    out[i] = { id: rule.id, impact: rule.impact || '', help: rule.help, help_url: rule.helpUrl, tags: rule.tags, nodes, cut: Math.max(0, rule.nodes.length - arg.cap) };
  }
  return out;
}

function ids(rules) {
  const out = [];
  for (let i = 0; i < rules.length; i += 1) out[i] = rules[i].id;
  return out;
}

async function finish(parts) {
  const results = await axe.finishRun(parts, arg.options);
  return {
    version: axe.version,
    violations: kept(results.violations),
    incomplete: kept(results.incomplete),
    passes: ids(results.passes),
    inapplicable: ids(results.inapplicable),
  };
}
