// Shared: shows what moves as pictures show it, finite animations at their end and endless ones before they begin, until the function
// that it returns is called. That has to be before the script's turn ends: nothing is drawn and no event fires in between.
function holdStill() {
  const held = [];
  const roots = rootsOf(500);
  for (let r = 0; r < roots.length; r += 1) {
    const animations = roots[r].getAnimations ? roots[r].getAnimations() : [];
    for (let i = 0; i < animations.length; i += 1) {
      const animation = animations[i];
      const time = animation.currentTime;
      // not a number: it follows how far the page is scrolled, and shows what it shows there
      if (!animation.effect || animation.playState !== 'running' || typeof time !== 'number') continue;
      try {
        const timing = animation.effect.getComputedTiming();
        const end = animation.playbackRate < 0 ? 0 : timing.endTime;
        animation.currentTime = Number.isFinite(timing.endTime) ? end : Math.min(0, timing.delay) - 1;
        held[held.length] = [animation, time];
      } catch (error) {
        continue;
      }
    }
  }
  return () => {
    for (let i = 0; i < held.length; i += 1) held[i][0].currentTime = held[i][1];
  };
}
