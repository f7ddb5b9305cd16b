/* A stand-in for the Meta pixel: sends each tracked event as the pixel does, one picture request an event. */
(function () {
  "use strict";
  var ENDPOINT = "https://www.facebook.com/tr/";
  var started = Date.now();
  var ids = [];

  function address(id, name, values) {
    var query = new URLSearchParams({ id: id, ev: name, dl: location.href, rl: document.referrer, "if": "false", ts: String(Date.now()), v: "2.9.1" });
    Object.keys(values).forEach(function (key) {
      var value = values[key];
      query.set("cd[" + key + "]", typeof value === "object" ? JSON.stringify(value) : String(value));
    });
    return ENDPOINT + "?" + query;
  }

  function keepalive(to) {
    fetch(to, { mode: "no-cors", keepalive: true }).catch(function () {});
  }

  fbq.send = function (what, name, values, options) {
    if (what === "init") {
      ids.push(name);
    } else if (what === "track" || what === "trackCustom") {
      ids.forEach(function (id) {
        var to = address(id, name, values || {});
        if (options && options.keepalive) { keepalive(to); } else { new Image().src = to; }
      });
    }
  };
  fbq.queue.splice(0).forEach(function (entry) { fbq.send.apply(fbq, entry); });
  window.addEventListener("pagehide", function () {
    fbq.send("trackCustom", "TimeOnPage", { seconds: Math.round((Date.now() - started) / 1000) }, { keepalive: true });
  });
})();
