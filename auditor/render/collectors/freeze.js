// arg: null. Holds animations still, as Playwright does for its pictures: finite ones at their end, endless ones at their start; hides carets.
// What it leaves under a symbol undoes that. Says how large the page is.
const FROZEN = Symbol.for('auditor.frozen');
if (window[FROZEN]) window[FROZEN]();
const roots = rootsOf(500);
const carets = [];
const endless = new Set();
const listening = [];
for (let r = 0; r < roots.length; r += 1) {
  const root = roots[r];
  const fields = root.querySelectorAll('input,textarea,[contenteditable]');
  for (let i = 0; i < fields.length; i += 1) {
    const style = fields[i].style;
    if (!style) continue;
    carets[carets.length] = [style, style.getPropertyValue('caret-color'), style.getPropertyPriority('caret-color')];
    style.setProperty('caret-color', 'transparent', 'important');
  }
  const still = () => {
    const animations = root.getAnimations();
    for (let i = 0; i < animations.length; i += 1) {
      const animation = animations[i];
      if (!animation.effect || animation.playbackRate === 0 || endless.has(animation)) continue;
      try {
        if (Number.isFinite(animation.effect.getComputedTiming().endTime)) animation.finish();
        else {
          animation.cancel();
          endless.add(animation);
        }
      } catch (error) {
        continue;
      }
    }
  };
  still();
  root.addEventListener('transitionrun', still);
  root.addEventListener('animationstart', still);
  listening[listening.length] = [root, still];
}
Object.defineProperty(window, FROZEN, {
  configurable: true,
  value: () => {
    delete window[FROZEN];
    for (let i = 0; i < listening.length; i += 1) {
      listening[i][0].removeEventListener('transitionrun', listening[i][1]);
      listening[i][0].removeEventListener('animationstart', listening[i][1]);
    }
    for (let i = 0; i < carets.length; i += 1) carets[i][0].setProperty('caret-color', carets[i][1], carets[i][2]);
    endless.forEach((animation) => {
      try {
        animation.play();
      } catch (error) {
        return;
      }
    });
  },
});
// fonts that are on their way are waited for, but not for ever
await Promise.race([document.fonts.ready, new Promise((resolve) => setTimeout(resolve, 5000))]);
const body = document.body;
const whole = document.documentElement;
const widths = [whole.scrollWidth, whole.offsetWidth, whole.clientWidth];
const heights = [whole.scrollHeight, whole.offsetHeight, whole.clientHeight];
if (body) {
  widths.push(body.scrollWidth, body.offsetWidth, body.clientWidth);
  heights.push(body.scrollHeight, body.offsetHeight, body.clientHeight);
}
return [Math.max(...widths), Math.max(...heights)];
