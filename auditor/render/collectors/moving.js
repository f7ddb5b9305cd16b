// arg: {watch: false} says how much there is that could move by itself; {watch: true, lasts, still, longest} (milliseconds) watches it.
const NAMED = '[aria-roledescription], [class*="carousel" i], [class*="slide" i], [class*="swiper" i], [class*="flickity" i], [class*="keen-slider"], [class*="tns-"], [class*="marquee" i], [class*="ticker" i], [class*="announcement" i], [class*="rotat" i], [class*="slick" i], [class*="owl-"], [class*="nivo" i], .rev_slider, .splide, .glide, .embla, [data-carousel], [data-slideshow], slideshow-component';
const SLIDERS = /carousel|slider|slide-?show|swiper|slick|splide|flickity|owl-|glide|keen-slider|embla|tns-|marquee|ticker|announcement|rotat(or|ing|e-)|nivo|rev_slider/i;
const TEXTS = /announcement|ticker|marquee|rotat/i; // whose words may change in their place
const BARS = /announcement/i; // most hold one line that stays
const DECLARED = /(auto-?play|auto-?rotate|auto-?slide)(?!-?(speed|timeout|interval|delay|hover)|[:=](false|0))|data-(bs-)?ride=carousel/i;
const MOST = 12, MOST_GROUPS = 8, MOST_SLIDES = 16, DEPTH = 5;
const EVERY = 250; // milliseconds between looks
const VIDEO_STILL = 3000; // milliseconds: what does not play by then won't
const REST = 1000; // without movement, which ends it
const PATH = 8; // CSS pixels that show that an animation leads somewhere
const MOVING_STYLES = { transform: 1, translate: 1, left: 1, right: 1, top: 1, bottom: 1, marginLeft: 1, marginRight: 1, marginTop: 1, textIndent: 1, offsetDistance: 1 };

function holds(outer, inner) {
  for (let here = inner; here; here = drawnParent(here)) if (here === outer) return true;
  return false;
}

// Sliders' own word of whether they go on by themselves; null of those that say nothing.
function librarySays(element) {
  // several in one: each says it of itself alone
  if (!element.swiper && !element.slick && element.querySelectorAll('.swiper, .swiper-container, .slick-slider, .flickity-enabled, .owl-loaded').length > 1) return null;
  try {
    const swiper = element.swiper || (element.querySelector('.swiper, .swiper-container') || {}).swiper;
    if (swiper && swiper.params) return Boolean(swiper.autoplay && swiper.autoplay.running);
    const slick = element.slick || (element.querySelector('.slick-slider') || {}).slick;
    if (slick && slick.options) return Boolean(slick.options.autoplay);
    const flickity = window.Flickity && Flickity.data && (Flickity.data(element) || Flickity.data(element.querySelector('.flickity-enabled')));
    if (flickity && flickity.options) return Boolean(flickity.options.autoPlay);
    const owl = window.jQuery && window.jQuery(element).data && (window.jQuery(element).data('owl.carousel') || window.jQuery(element).find('.owl-loaded').data('owl.carousel'));
    if (owl && owl.settings) return Boolean(owl.settings.autoplay);
    const bootstrap = element.classList.contains('carousel') && window.bootstrap && window.bootstrap.Carousel;
    // without an instance nothing leads it on
    if (bootstrap && element.querySelector('.carousel-item') && !bootstrap.getInstance(element)) return false;
  } catch (_) {
    return null; // a name of the page's own that only looks like it
  }
  return null;
}

// Groups of two or more boxes built alike: slides are one of them.
function groupsOf(container) {
  const groups = [];
  let level = [container];
  for (let depth = 0; depth < DEPTH && level.length && groups.length < MOST_GROUPS; depth += 1) {
    const next = [];
    for (let i = 0; i < level.length && i < 60; i += 1) {
      const children = drawnChildren(level[i]);
      const alike = [];
      let wide = 0;
      for (let c = 0; c < children.length; c += 1) {
        const child = children[c];
        if (child.nodeType !== 1 || SKIPPED_TAGS[child.nodeName] || /^(BUTTON|OPTION|SOURCE|INPUT|BR)$/.test(child.nodeName)) continue;
        next[next.length] = child;
        if (alike.length && alike[0].localName !== child.localName) continue;
        if (alike.length < MOST_SLIDES) alike[alike.length] = child;
        const rect = child.getBoundingClientRect();
        if (rect.width >= 60 && rect.height >= 12) wide += 1;
      }
      // one alone may be shown, the others folded away
      if (alike.length >= 2 && wide && groups.length < MOST_GROUPS) groups[groups.length] = alike;
    }
    level = next;
  }
  return groups;
}

// Which slides are shown. Where they lie exactly is no matter: what arrives late moves them a little.
function stateOf(one) {
  const around = one.element.getBoundingClientRect();
  let state = '';
  for (let g = 0; g < one.groups.length; g += 1) {
    for (let i = 0; i < one.groups[g].length; i += 1) {
      const slide = one.groups[g][i];
      const rect = slide.getBoundingClientRect();
      const style = getComputedStyle(slide);
      const x = rect.left + rect.width / 2, y = rect.top + rect.height / 2;
      const within = x > around.left && x < around.right && y > around.top - 1 && y < around.bottom + 1;
      state += within && rect.width > 0 && style.visibility === 'visible' && Number(style.opacity) > 0.5 ? '1' : '0';
    }
  }
  // numbers count down without anything moving
  return one.says ? state + fold((one.element.innerText || '').slice(0, 600)).replace(/\d+/g, '') : state;
}

function sliders(roots) {
  const found = [];
  const still = [];
  for (let r = 0; r < roots.length; r += 1) {
    const named = roots[r].querySelectorAll(NAMED);
    for (let i = 0; i < named.length && i < 400 && found.length < MOST; i += 1) {
      const element = named[i];
      if (/^(BODY|HTML|MAIN|BUTTON|A|INPUT|LABEL|SVG|VIDEO)$/i.test(element.nodeName)) continue;
      const said = element.getAttribute('aria-roledescription');
      if (said && /slide$|^(folie|diapositive|diapositiva|dia)$/i.test(said)) continue; // one of them
      let inside = false;
      for (let f = 0; f < found.length && !inside; f += 1) inside = holds(found[f].element, element);
      for (let s = 0; s < still.length && !inside; s += 1) inside = holds(still[s], element);
      const rect = element.getBoundingClientRect();
      if (inside || rect.width < 100 || rect.height < 12 || rect.height > 3 * window.innerHeight || rect.right < 1 || rect.left > window.innerWidth - 1 || !isDrawn(element)) continue;
      if (!said && !SLIDERS.test(classesOf(element) + ' ' + element.localName) && !element.hasAttribute('data-carousel') && !element.hasAttribute('data-slideshow')) continue;
      // prices are chosen by sliders, too; menus slide in when they are opened
      if (element.closest('nav, dialog, [role="dialog"], [aria-hidden="true"]') || element.querySelector('[role="slider"], input[type="range"], .noUi-handle, .ui-slider-handle')) continue;
      const groups = groupsOf(element);
      const library = librarySays(element);
      const says = TEXTS.test(classesOf(element)) && rect.height <= 200;
      if (library === false) still[still.length] = element;
      if (library === false || (!groups.length && (!says || BARS.test(classesOf(element))))) continue;
      found[found.length] = { kind: 'slides', element, groups, says, declared: library === true || DECLARED.test(startTag(element, 2000).replace(/&quot;|["'\s]/g, '')), changes: 0, moved: -Infinity, began: 0, seconds: 0 };
    }
  }
  return found;
}

// Endless animations that lead text or pictures somewhere, and marquees.
function runners(roots) {
  const found = [];
  const add = (element) => {
    const around = (drawnParent(element) || element).getBoundingClientRect();
    // what lies beside the screen, in a closed drawer, is seen by nobody
    if (around.right < 1 || around.left > window.innerWidth - 1) return;
    for (let i = 0; i < found.length; i += 1) if (drawnParent(found[i].element) === drawnParent(element)) return;
    if (found.length < MOST && isDrawn(element) && ((element.textContent.match(/\p{L}/gu) || []).length >= 3 || element.querySelectorAll('img').length >= 2)) found[found.length] = { kind: 'text', element, moves: 0, at: null };
  };
  const marquees = document.querySelectorAll('marquee');
  for (let i = 0; i < marquees.length; i += 1) if (!(marquees[i].loop > 0)) add(marquees[i]);
  const animations = [];
  for (let r = 0; r < roots.length; r += 1) animations.push(...roots[r].getAnimations());
  for (let i = 0; i < animations.length && i < 400; i += 1) {
    try {
      const effect = animations[i].effect;
      if (!effect || !effect.target || effect.pseudoElement || animations[i].playState !== 'running' || Number.isFinite(effect.getComputedTiming().endTime)) continue;
      const frames = effect.getKeyframes();
      let moves = false;
      for (let k = 0; k < frames.length && !moves; k += 1) for (const name in frames[k]) if (MOVING_STYLES[name] && (name !== 'transform' || /translate|matrix/.test(frames[k][name]))) moves = true;
      if (moves) add(effect.target);
    } catch (_) {
      continue;
    }
  }
  return found;
}

function placeOf(element) {
  let rect = element.getBoundingClientRect();
  if (element.nodeName === 'MARQUEE') {
    const range = document.createRange();
    range.selectNodeContents(element);
    rect = range.getBoundingClientRect();
  }
  return [rect.left + rect.width / 2 + window.scrollX, rect.top + rect.height / 2 + window.scrollY];
}

function videos(roots) {
  const found = [];
  for (let r = 0; r < roots.length; r += 1) {
    const all = roots[r].querySelectorAll('video');
    for (let i = 0; i < all.length && found.length < MOST; i += 1) {
      const video = all[i];
      const rect = video.getBoundingClientRect();
      if (video.controls || (!video.autoplay && video.paused) || rect.width < 100 || rect.height < 60 || !isDrawn(video)) continue;
      found[found.length] = { kind: 'video', element: video, at: video.currentTime, moves: 0 };
    }
  }
  return found;
}

const roots = rootsOf(200);
const all = [...videos(roots), ...runners(roots), ...sliders(roots)];
const unseen = document.visibilityState !== 'visible' ? 'hidden' : matchMedia('(prefers-reduced-motion: reduce)').matches ? 'reduced' : '';
if (!arg.watch) return { candidates: all.length, unseen };

const timing = performance.getEntriesByType('navigation')[0];
const there = (timing && (timing.loadEventEnd || timing.domContentLoadedEventEnd)) || 0;
const begun = performance.now();

function look(one, now) {
  const sinceThere = now - there;
  if (one.kind === 'video') {
    const video = one.element;
    if (!video.paused && video.currentTime !== one.at && (video.loop || !(video.duration <= arg.lasts / 1000))) one.moves += 1;
    one.at = video.currentTime;
    if (one.moves >= 2) one.done = true;
  } else if (one.kind === 'text') {
    const place = placeOf(one.element);
    if (one.at && Math.hypot(place[0] - one.at[0], place[1] - one.at[1]) < PATH) return;
    if (one.at) one.moves += 1;
    one.at = place;
    if (one.moves >= 2) one.done = true;
  } else {
    const state = stateOf(one);
    const before = one.state;
    one.state = state;
    if (before === undefined || before === state) return;
    if (now - one.moved > REST) {
      one.changes += 1;
      one.began = now;
    }
    one.moved = now;
    const lasting = now - one.began >= arg.lasts;
    if (sinceThere > arg.lasts && (lasting || one.changes >= 2 || one.declared)) one.done = true;
    if (lasting) one.changes = 0;
  }
  if (one.done) one.seconds = round(sinceThere / 1000);
}

for (let now = begun; now - begun < arg.longest; now = performance.now()) {
  let open = false;
  for (let i = 0; i < all.length; i += 1) {
    if (!all[i].done) look(all[i], now);
    if (all[i].done) continue;
    const last = Math.max(begun, all[i].moved || begun);
    if (now - last < (all[i].kind === 'video' ? VIDEO_STILL : arg.still)) open = true;
  }
  if (!open) break;
  await new Promise((resolve) => setTimeout(resolve, EVERY));
}

const items = [];
const told = [];
let unplayed = 0;
let anywhere = null;
for (let i = 0; i < all.length; i += 1) {
  const one = all[i];
  if (one.kind === 'video' && !one.done && one.element.autoplay && one.element.readyState < 2) unplayed += 1;
  let again = false;
  for (let t = 0; t < told.length && !again; t += 1) again = holds(told[t], one.element) || holds(one.element, told[t]);
  if (!one.done || again || !one.element.isConnected) continue;
  told[told.length] = one.element;
  const pause = pauseNear(one.element);
  if (anywhere === null) {
    anywhere = '';
    for (let r = 0; r < roots.length && !anywhere; r += 1) anywhere = pauseIn(roots[r]);
  }
  items[items.length] = { kind: one.kind, spot: spotOf(one.element), changes: one.changes || 0, seconds: one.seconds, pause, elsewhere: pause ? '' : anywhere };
}
return { items, watched: all.length, unplayed };
