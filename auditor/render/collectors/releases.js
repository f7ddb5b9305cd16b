// arg: {libraries: [{id, reads, has, lacks}]}. What libraries that run here say of their release.
function at(path) {
  let here = window;
  const parts = path.split('.');
  for (let i = 0; i < parts.length && here !== null && here !== undefined; i += 1) here = here[parts[i]];
  return here;
}

// jQuery's hole of 2020 is that it rewrites <style/> before it is parsed; mended copies of older releases don't.
function prefilter(jquery) {
  return typeof jquery.htmlPrefilter === 'function' && jquery.htmlPrefilter('<b/><i/>') === '<b/><i/>';
}

const items = [];
for (let i = 0; i < arg.libraries.length; i += 1) {
  const one = arg.libraries[i];
  try {
    if ((one.has && at(one.has) === undefined) || (one.lacks && at(one.lacks) !== undefined)) continue;
    for (let r = 0; r < one.reads.length; r += 1) {
      const said = at(one.reads[r]);
      if (typeof said !== 'string' || !/^v?\d+\.\d+[\w.+-]{0,30}$/.test(said)) continue;
      const mended = [];
      if (one.id === 'jquery' && prefilter(window.jQuery || window.$)) mended[0] = 'prefilter';
      items[items.length] = { library: one.id, version: said, mended };
      break;
    }
  } catch (_) {
    continue; // a name of the page's own that only looks like it
  }
}
return { items };
