// Marks the fields to type into: a password, a card's number, and an address of mail beside these. arg: {}
const fields = {};
const shown = (one) => { const box = one.getBoundingClientRect(); return box.width > 1 && box.height > 1 && isDrawn(one) && !one.disabled && !one.readOnly; };
const named = (one) => (one.autocomplete || one.getAttribute('autocomplete') || '') + ' ' + one.name + ' ' + one.id;
const all = document.querySelectorAll('input');
for (let i = 0; i < all.length && i < 300; i += 1) {
  const one = all[i], type = (one.getAttribute('type') || 'text').toLowerCase();
  let kind = '';
  if (type === 'password') kind = 'password';
  else if (type !== 'text' && type !== 'tel' && type !== 'email' && type !== 'number') continue;
  else if (/\bcc-number\b|card[-_]?num/i.test(named(one))) kind = 'card';
  else if (type === 'email' || /\bemail\b/i.test(named(one))) kind = 'email';
  if (kind && !one.value && shown(one)) (fields[kind] = fields[kind] || []).push(one);
}
const chosen = [];
if (fields.password || fields.card) {
  const secret = (fields.password || fields.card)[0];
  if (fields.password) chosen.push(['password', fields.password[0]]);
  if (fields.card) chosen.push(['card', fields.card[0]]);
  const mails = (fields.email || []).filter((one) => one.form && one.form === secret.form);
  if (mails.length) chosen.push(['email', mails[0]]);
}
window[Symbol.for('auditor.typed')] = chosen.map((pair) => pair[1]);
return { fields: chosen.map((pair) => pair[0]) };
