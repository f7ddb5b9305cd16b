// arg: {partials, options, cap}. Joins the frames' parts.
const parts = [];
for (let i = 0; i < arg.partials.length; i += 1) parts[i] = arg.partials[i] === null ? null : JSON.parse(arg.partials[i]);
return finish(parts);
