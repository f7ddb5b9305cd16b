// arg: {screens, milliseconds}. Scrolls through so that lazy images load, then back to the top. Endless pages end at the limits.
const started = performance.now();
const view = window.innerHeight;
let scroller = null;
if (document.documentElement.scrollHeight <= view + 10 && document.body) {
  // Some shops scroll a container instead of the page.
  const all = document.body.querySelectorAll('*');
  for (let i = 0; i < all.length && i < 3000; i += 1) {
    const element = all[i];
    if (element.scrollHeight > element.clientHeight + 200 && element.clientHeight > view / 2 && element.clientWidth > window.innerWidth / 2) {
      if (/auto|scroll/.test(getComputedStyle(element).overflowY)) {
        scroller = element;
        break;
      }
    }
  }
}
const height = () => (scroller ? scroller.scrollHeight : document.documentElement.scrollHeight);
const go = (top) => (scroller || window).scrollTo({ top, left: 0, behavior: 'instant' });
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
// What is lazy is asked for when a frame is drawn, on a busy machine long after the scrolling; a hidden tab draws none.
const frames = () => Promise.race([pause(250), new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))]);
const before = height();
let top = 0;
let steps = 0;
while (top + view < height() && steps < arg.screens && performance.now() - started < arg.milliseconds) {
  top += Math.round(view * 0.9);
  steps += 1;
  go(top);
  await Promise.all([pause(40), frames()]);
}
const ended = top + view >= height();
go(0);
await pause(30);
return { steps, before, after: height(), ended };
