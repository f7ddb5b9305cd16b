// Runs in every document before its own scripts: notes who draws text unseen and reads the picture back, measures fonts by the dozen, or renders sound unheard.
(() => {
  if (window.top !== window) return;
  const MOST = 50, LETTERS = 10, FONTS = 50, LEAST = 16;
  const found = [], drawn = new WeakMap(), sounds = new WeakMap();

  /* callers.js */

  function note(how) {
    const script = asker();
    for (let i = 0; i < found.length; i += 1) if (found[i].script === script && found[i].how === how) return;
    if (found.length < MOST) found[found.length] = { script, how };
  }

  function of(canvas) {
    let one = drawn.get(canvas);
    if (!one) { one = { letters: new Set(), fonts: new Set(), pictures: false }; drawn.set(canvas, one); }
    return one;
  }

  function wrote(context, args) {
    if (!context.canvas) return;
    const text = String(args[0]).slice(0, 200), one = of(context.canvas);
    for (let i = 0; i < text.length; i += 1) if (/[A-Za-z]/.test(text[i])) one.letters.add(text[i]);
  }

  // Charts, personalised products and barcodes stand in the page, or hold pictures or few letters; tests for emoji have none.
  function readBack(canvas, width, height) {
    const one = canvas && drawn.get(canvas);
    if (!one || one.pictures || one.letters.size < LETTERS || canvas.isConnected || width < LEAST || height < LEAST) return;
    note('canvas');
  }

  const kinds = [window.CanvasRenderingContext2D, window.OffscreenCanvasRenderingContext2D];
  for (let k = 0; k < kinds.length; k += 1) {
    const prototype = kinds[k] && kinds[k].prototype;
    if (!prototype) continue;
    wrap(prototype, 'fillText', wrote);
    wrap(prototype, 'strokeText', wrote);
    wrap(prototype, 'drawImage', (context) => { if (context.canvas) of(context.canvas).pictures = true; });
    wrap(prototype, 'getImageData', (context, args) => readBack(context.canvas, Math.abs(args[2]), Math.abs(args[3])));
    wrap(prototype, 'measureText', (context) => {
      if (!context.canvas) return;
      const fonts = of(context.canvas).fonts;
      if (fonts.size < FONTS) { fonts.add(context.font.replace(/^.*?(\d[\d.]*\w+)/, '')); if (fonts.size === FONTS) note('fonts'); }
    });
  }
  if (window.HTMLCanvasElement) {
    wrap(HTMLCanvasElement.prototype, 'toDataURL', (canvas) => readBack(canvas, canvas.width, canvas.height));
    wrap(HTMLCanvasElement.prototype, 'toBlob', (canvas) => readBack(canvas, canvas.width, canvas.height));
  }
  if (window.OffscreenCanvas) wrap(OffscreenCanvas.prototype, 'convertToBlob', (canvas) => readBack(canvas, canvas.width, canvas.height));

  const audio = window.BaseAudioContext && window.BaseAudioContext.prototype;
  if (audio && window.OfflineAudioContext) {
    const made = (what) => (context) => { if (context instanceof OfflineAudioContext) sounds.set(context, (sounds.get(context) || 0) | what); };
    wrap(audio, 'createOscillator', made(1));
    wrap(audio, 'createDynamicsCompressor', made(2));
    wrap(OfflineAudioContext.prototype, 'startRendering', (context) => { if (sounds.get(context) === 3) note('audio'); });
  }

  define(window, Symbol.for('auditor.fingerprints'), { value: () => found });
})();
