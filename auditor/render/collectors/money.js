// How money is written in shops; shared by the texts collector. Numbers stay text: facts parse them.
const DIGIT = '[0-9\\u0660-\\u0669\\u06f0-\\u06f9\\uff10-\\uff19]';
const NUMBER =
  '(?:' + DIGIT + "{1,3}(?:[.,'’٬]" + DIGIT + '{2,3}){1,4}(?:[.,٫]' + DIGIT + '{1,4})?' +
  '|' + DIGIT + '{1,3}(?:[\\s\\u00a0\\u202f\\u2009]' + DIGIT + '{3}(?!' + DIGIT + ')){1,4}(?:[.,٫]' + DIGIT + '{1,4})?' +
  '|' + DIGIT + '{1,9}(?:[.,٫]' + DIGIT + '{1,4})?' +
  ')(?!' + DIGIT + ')(?:\\s?[.,]?[-–—]{1,2}(?![\\p{L}' + DIGIT.slice(1, -1) + ']))?';
const PRICED = '(?:' + DIGIT + '{1,3}(?:[.,’\'\\s]' + DIGIT + '{3}){0,3}[.,]' + DIGIT + '{2}(?!' + DIGIT + '))'; // with minor units
const CODES =
  'AED|AFN|AMD|ANG|AOA|ARS|AUD|AWG|AZN|BBD|BDT|BGN|BHD|BIF|BMD|BND|BOB|BRL|BSD|BTN|BWP|BYN|BZD|CAD|CDF|CHF|CLP|CNY|CRC|CVE|CZK|DJF|DKK|DOP|DZD|EGP|ETB|EUR|FJD|GBP|GHS|' +
  'GIP|GMD|GNF|GTQ|GYD|HKD|HNL|HTG|HUF|IDR|ILS|INR|IQD|IRR|ISK|JMD|JOD|JPY|KES|KGS|KHR|KRW|KWD|KYD|KZT|LBP|LKR|LRD|LSL|LYD|MDL|MGA|MKD|MMK|MNT|MUR|MVR|MWK|MXN|MYR|MZN|' +
  'NGN|NIO|NOK|NPR|NZD|OMR|PAB|PGK|PHP|PKR|PLN|PYG|QAR|RON|RSD|RUB|RWF|SAR|SCR|SEK|SGD|SRD|SYP|SZL|THB|TJS|TND|TTD|TWD|TZS|UAH|UGX|USD|UYU|UZS|VND|VUV|XAF|XCD|XOF|XPF|YER|ZAR|ZMW|Eur|eur|Euros?|euros?';
// English words too: believed only beside minor units.
const DOUBTFUL = 'ALL|BAM|COP|CUP|ERN|GEL|LAK|MAD|MOP|NAD|PEN|SOS|TOP|TRY|KM|RM|SR|QR|JD|DA|DT|LE|L\\.E\\.?|Kz|Br|Bs|Lek|din|R|L|Q';
const ARABIC = 'د\\.إ|د\\.م|د\\.ك|د\\.ت|د\\.ج|د\\.ب|د\\.ع|د\\.ا|د\\.أ|د\\.ل|ر\\.س|ر\\.ق|ر\\.ع|ر\\.ي|ج\\.م|ل\\.ل|ل\\.س|ريال|درهم|جنيه|دينار';
const BEFORE = 'Dhs?\\.?|Tk\\.?|KSh|TSh|USh|Ush|Gs\\.|NIS|FCFA|CFA|ден\\.?|රු|रू|रु|kr\\.?|Kr\\.?|SFr\\.?|Fr\\.|Rs\\.?|Rp\\.?|S/\\.?|B/\\.?|Bs\\.?|zł|Kč|Ft|TL|RM|lei|VNĐ|' + ARABIC;
const AFTER =
  "kr\\.?|Kr\\.?|KR|SEK|SFr\\.?|Fr\\.|zł|zl|ZŁ|Kč|Kc|lei|Lei|LEI|лв\\.?|ден\\.?|дин\\.?|din\\.?|руб\\.?|р\\.|грн\\.?|тг\\.?|TL|円|元|원|บาท|đ|VNĐ|" +
  'Dhs?\\.?|DHS?\\.?|dhs?\\.?|NIS|VND|FCFA|F\\s?CFA|CFA|KD|BD|kn|lekë?|рсд|сом|сум|so[\'‘ʻ]m|тенге|' + ARABIC + '|ریال|تومان|ש["״]ח';
const SIGN = '(?:[A-Z]{1,3})?\\p{Sc}|\\p{Sc}[A-Z]?';
const START = '(?<![\\p{L}\\p{N}])';
const END = '(?![\\p{L}\\p{N}])';
const MONEY = new RegExp(
  [
    START + '(?:' + CODES + ')\\s?[:]?\\s?' + NUMBER,
    START + '(?:' + DOUBTFUL + ')\\s?' + PRICED,
    START + '(?:' + BEFORE + ')\\s?' + NUMBER,
    '(?:' + SIGN + ')\\s?[-–]?\\s?' + NUMBER + '(?:\\s?(?:' + CODES + ')' + END + ')?',
    '(?<![\\p{L}\\p{N}.,])' + NUMBER + '\\s?(?:[A-Z]{0,3}\\p{Sc}|(?:' + CODES + '|' + AFTER + ')' + END + ')',
    '(?<![\\p{L}\\p{N}.,])' + PRICED + '\\s?(?:' + DOUBTFUL + ')' + END,
    '(?<![\\p{L}\\p{N}.,])' + DIGIT + '{1,3}(?:[.\\s\\u00a0]?' + DIGIT + '{3}){1,3}\\s?Ft' + END,
    '(?<![\\p{L}\\p{N}.,])' + DIGIT + "{1,3}(?:[.'’\\s]?" + DIGIT + '{3}){0,2}[,.:]\\s?[-–—]{1,2}(?![\\p{L}\\p{N}])',
  ].join('|'),
  'gu',
);

// Where amounts stand in the text: [[start, end], …], at most `most`.
function amountsIn(text, most) {
  const found = [];
  if (!/\p{Nd}/u.test(text)) return found;
  MONEY.lastIndex = 0;
  for (let match = MONEY.exec(text); match && found.length < most; match = MONEY.exec(text)) {
    found[found.length] = [match.index, match.index + match[0].length];
    if (!match[0].length) MONEY.lastIndex += 1;
  }
  return found;
}
