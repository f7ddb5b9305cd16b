// What runs scripts together: `scripts` in their order with `args`. Ends early where the page is slow: the rest is asked alone.
const MOST_MILLISECONDS = 8000;
const begun = performance.now();

// Old libraries give arrays a toJSON of their own, which makes text of them.
function withoutTheirs(work) {
  const hidden = [];
  const prototypes = [Object.prototype, Array.prototype, String.prototype, Number.prototype, Boolean.prototype];
  for (let i = 0; i < prototypes.length; i += 1) {
    const theirs = Object.getOwnPropertyDescriptor(prototypes[i], 'toJSON');
    if (!theirs || !theirs.configurable) continue;
    hidden[hidden.length] = [prototypes[i], theirs];
    delete prototypes[i].toJSON;
  }
  try {
    return work();
  } finally {
    for (let i = 0; i < hidden.length; i += 1) Object.defineProperty(hidden[i][0], 'toJSON', hidden[i][1]);
  }
}

// Half a character, where a text was cut, is no JSON that others read.
function asJson(value) {
  const json = withoutTheirs(() => JSON.stringify(value));
  return json.indexOf('\\ud') < 0 ? json : json.replace(/(?<=(?:^|[^\\])(?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, '\ufffd');
}

const answers = [];
for (let i = 0; i < scripts.length; i += 1) {
  answers[i] = null;
  if (performance.now() - begun > MOST_MILLISECONDS) continue;
  try {
    answers[i] = asJson(await scripts[i](args[i]));
  } catch (error) {
    answers[i] = null;
  }
}
return answers;
