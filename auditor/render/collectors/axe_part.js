// arg: {context, options, cap, whole}. Runs axe in one frame and says which frames stand below it, as runPartial wants it.
// A page without frames is finished at once (`whole`): its part need not leave the page.
const contexts = axe.utils.getFrameContexts(arg.context, arg.options);
const below = [];
for (let i = 0; i < contexts.length; i += 1) below[i] = { selector: contexts[i].frameSelector, context: contexts[i].frameContext };
const partial = await axe.runPartial(arg.context, arg.options);
if (arg.whole && !below.length) return { results: await finish([partial]), partial: '', below };
return { results: null, partial: JSON.stringify(partial), below };
