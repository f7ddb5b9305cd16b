// What lies over the page by itself, and what still waits. Asked when the page came to rest, and once more when it was watched for its time.
const wide = document.documentElement.clientWidth || window.innerWidth;
const high = window.innerHeight;
const CONSENT_WORDS = /cookie|consent|gdpr|ccpa|onetrust|usercentrics|didomi|osano|iubenda|klaro|axeptio|termly|tarteaucitron|cmp(?![a-z])/i;
const AGE_WORDS = /\bage[\s_-]?(gate|check|verif\w*|confirm\w*)\b|\b(18|21)\s*(\+|years|jahre|ans|años|anni|jaar|or older|oder älter)|old enough|date of birth|of legal/i;
const CLOSE_WORDS = /close|dismiss|no,? thanks|not now|schlie(ß|ss)en|fermer|cerrar|chiudi|sluiten|×|✕|✖/i;

// -- what lies over the page

function overlayAt(x, y) {
  let hit = document.elementFromPoint(x, y);
  let top = null;
  for (let i = 0; hit && i < 100; i += 1, hit = drawnParent(hit)) {
    if (hit === document.body || hit === document.documentElement) break;
    const position = getComputedStyle(hit).position;
    if (position === 'fixed' || hit.nodeName === 'DIALOG' || hit.hasAttribute('popover')) top = hit;
  }
  return top;
}

const tally = new Map();
const GRID = 8;
for (let row = 0; row < GRID; row += 1) {
  for (let column = 0; column < GRID; column += 1) {
    const over = overlayAt(((column + 0.5) / GRID) * wide, ((row + 0.5) / GRID) * high);
    if (over) tally.set(over, (tally.get(over) || 0) + 1);
  }
}
const overlays = [];
for (const [element, count] of tally) {
  const share = count / (GRID * GRID);
  if (share < 0.25 || overlays.length >= 5) continue;
  const text = fold((element.textContent || '').slice(0, 3000));
  const inner = element.querySelector('iframe');
  const words = (typeof element.id === 'string' ? element.id : '') + ' ' + classesOf(element) + ' ' + (element.getAttribute('aria-label') || '') + ' ' + (inner ? (inner.title || '') + ' ' + (inner.src || '').slice(0, 200) : '');
  // A veil without words belongs to what stands before it; a page built inside a fixed box is no overlay.
  if (!text && !inner && !element.querySelector('img')) continue;
  if (element.querySelector('h1, main') && text.length > 1500) continue;
  const dialog = element.nodeName === 'DIALOG' || /^(alert)?dialog$/.test(element.getAttribute('role') || '') || !!element.querySelector('dialog[open], [role="dialog"], [role="alertdialog"], [aria-modal="true"]');
  const kind = CONSENT_WORDS.test(words) || /\bcookies?\b/i.test(text.slice(0, 1500)) ? 'consent' : AGE_WORDS.test(words + ' ' + text.slice(0, 600)) ? 'age' : dialog ? 'dialog' : 'fixed';
  let closes = false;
  const controls = element.querySelectorAll('button, [role="button"], a, input[type="button"], summary');
  for (let i = 0; i < controls.length && i < 60 && !closes; i += 1) {
    closes = CLOSE_WORDS.test(fold(controls[i].textContent).slice(0, 40) + ' ' + (controls[i].getAttribute('aria-label') || '') + ' ' + (controls[i].title || '') + ' ' + classesOf(controls[i]));
  }
  overlays[overlays.length] = { kind, spot: spotOf(element), share: round(share * 10) / 10, closes };
}

// -- what still waits

const LOADING_WORDS = /^(loading|please wait|one moment|wird geladen|lädt|l[äa]d(e|t) daten|bitte warten|chargement( en cours)?|veuillez patienter|cargando|caricamento( in corso)?|carregando|a carregar|laden|bezig met laden|laddar|laster( inn)?|indlæser|ladataan|ładowanie|wczytywanie|načítá(me|ní)?( se)?|načítava sa|betöltés|se încarcă|yükleniyor|загрузка|завантаження|зареждане|φόρτωση|読み込み中|로딩 ?중|加载中|載入中|جار(ي|ٍ) التحميل|טוען)\s*(…|\.{1,3})?$/iu;
const waiting = [];
const placeholders = document.querySelectorAll('[class*="skeleton" i], [class*="shimmer" i], [class*="spinner" i], [class*="loader" i], [class*="loading" i], [aria-busy="true"]');
for (let i = 0; i < placeholders.length && i < 400 && waiting.length < 10; i += 1) {
  const element = placeholders[i];
  if (/^(BODY|HTML|MAIN|IMG|SCRIPT|INPUT|FORM)$/.test(element.nodeName)) continue;
  const words = (' ' + classesOf(element)).toLowerCase();
  const skeleton = /[\s_-](skeleton|shimmer|spinner|loader)s?([\s_-]|$)/.test(words) || /[\s_-](lazy)?loading([\s_-]?(overlay|mask|indicator|icon|state))?(\s|$)/.test(words) || element.getAttribute('aria-busy') === 'true';
  if (!skeleton || /loaded|lazyload|no-?loader|hidden/.test(words)) continue;
  const rect = element.getBoundingClientRect();
  if (rect.width < 24 || rect.height < 16 || rect.right <= 0 || rect.left >= wide || !isDrawn(element)) continue;
  // with words or pictures in it, it is the content itself
  if (fold(element.textContent.slice(0, 400)).length > 24 || element.querySelector('img, input, select, button, a[href], video, iframe')) continue;
  const style = getComputedStyle(element);
  const moving = style.animationName !== 'none' || !!element.querySelector('svg, [class*="spin" i]') || getComputedStyle(element, '::before').animationName !== 'none' || getComputedStyle(element, '::after').animationName !== 'none';
  // a still one says so: it has the word alone, or the page's own note that it is busy
  const said = fold(element.textContent.slice(0, 60));
  const still = (said && LOADING_WORDS.test(said)) || (!said && element.getAttribute('aria-busy') === 'true' && /skeleton|shimmer|placeholder/.test(words));
  if (moving || still) waiting[waiting.length] = spotOf(element);
}
return { overlays, waiting };
