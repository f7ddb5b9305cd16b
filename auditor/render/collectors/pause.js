// Shared: controls that say that they pause or stop, near an element or anywhere.
const PAUSE_WORDS = /(^|[^\p{L}-])(paus(e|ed|ing|a|ar|ieren|iere|er|ere|eren|en|iert)?|pauze(ren)?|pauza|pauză|pozastavi(t|ť)|stop(p|pen|pa|pe|ped)?|anhalten|arr[êe]ter|suspendre|detener|parar|deten|ferma|interrompi|sospendi|pysäytä|keskeytä|tauko|zatrzymaj|wstrzymaj|zastavi(t|ť)|szünet(eltetés)?|megállítás|leállítás|oprește|duraklat|durdur|pauziraj|zaustavi(ti)?|ustavi|premor|peata|peatamine|apturēt|pauzēt|pauzē|sustabdyti|pristabdyti|stabdyti|atura|atureu|pausar|geldu|pysäyttää|stans|sett på pause|jeda|hentikan|tạm dừng|dừng|пауза|приостановить|остановить|стоп|зупинити|призупинити|спри|παύση|διακοπή|إيقاف|توقف|مکث|השהה|השהיה|עצור)([^\p{L}]|$)|一時停止|停止|暂停|暫停|일시\s?정지|정지|멈춤|หยุด|रोकें/iu;
const PAUSE_CLASSES = /(^|[-_ ])(pause|paused|stop|play-?pause|pause-?play|playpause|autoplay-?(toggle|button|btn|control)|toggle-?autoplay|rotation-?(toggle|button|control)|slideshow__autoplay)([-_ ]|$)/i;
const CONTROLS = 'button, [role="button"], [role="switch"], input[type="button"], input[type="checkbox"], label[for], summary, a:not([href]), a[href^="#"]';
const LEVELS = 4; // above an element within which what pauses it may stand

// What says so: its name, else its class; nothing of what is not offered.
function pauses(control) {
  if (control.disabled || getComputedStyle(control).visibility === 'hidden') return '';
  // a checkbox is often hidden on purpose, and its label is what one presses
  if (!control.getClientRects().length && control.localName !== 'input') return '';
  const image = control.querySelector('img[alt], svg title');
  const said = [control.getAttribute('aria-label'), control.textContent, control.title, control.value, image && (image.alt || image.textContent)];
  for (let i = 0; i < said.length; i += 1) {
    const name = fold(typeof said[i] === 'string' ? said[i].slice(0, 200) : '');
    if (name && name.length <= 60 && PAUSE_WORDS.test(name)) return name;
  }
  const inner = control.querySelector('[class*="pause" i]');
  const classes = classesOf(control) + ' ' + (typeof control.id === 'string' ? control.id : '') + ' ' + (inner ? classesOf(inner) : '');
  return PAUSE_CLASSES.test(classes) ? fold(classes).slice(0, 60) : '';
}

function pauseIn(root) {
  const controls = root.querySelectorAll(CONTROLS);
  for (let i = 0; i < controls.length && i < 400; i += 1) {
    const said = pauses(controls[i]);
    if (said) return said;
  }
  return '';
}

// In it, or in what is hardly larger and holds it.
function pauseNear(element) {
  const height = element.getBoundingClientRect().height;
  for (let here = element, i = 0; here && i <= LEVELS; i += 1, here = drawnParent(here)) {
    if (i && (/^(BODY|HTML|MAIN)$/.test(here.nodeName) || here.getBoundingClientRect().height > height * 1.5 + 150)) break;
    const said = pauseIn(here) || (here.shadowRoot ? pauseIn(here.shadowRoot) : '');
    if (said) return said;
  }
  const controlled = element.id ? element.getRootNode().querySelectorAll('[aria-controls~="' + CSS.escape(element.id) + '"]') : [];
  for (let i = 0; i < controlled.length; i += 1) {
    const said = pauses(controlled[i]);
    if (said) return said;
  }
  return '';
}
