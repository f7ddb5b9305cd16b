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

function kept(rules) {
  const out = [];
  for (let i = 0; i < rules.length; i += 1) {
    const rule = rules[i];
    const nodes = [];
    for (let n = 0; n < rule.nodes.length && n < arg.cap; n += 1) {
      const node = rule.nodes[n];
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
