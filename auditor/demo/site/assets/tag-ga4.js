/* A stand-in for gtag.js: sends what is in the data layer as GA4 does (protocol version 2), one hit an event. */
(function () {
  "use strict";
  var ENDPOINT = "https://www.google-analytics.com/g/collect";
  var ITEM_KEYS = { item_id: "id", item_name: "nm", item_brand: "br", item_category: "ca", item_variant: "va", price: "pr", quantity: "qt" };
  var started = Date.now();
  // A new visitor at every page: the demo stores nothing in the browser before it has been asked.
  var visitor = Math.floor(Math.random() * 2147483647) + "." + Math.floor(started / 1000);
  var ids = [];
  var consent = { ad_storage: "granted", analytics_storage: "granted" };
  var sent = 0;
  var left = false;

  function item(values) {
    return Object.keys(ITEM_KEYS).filter(function (key) { return values[key] !== undefined; }).map(function (key) {
      return ITEM_KEYS[key] + String(values[key]).replace(/~/g, "~~");
    }).join("~");
  }

  function signal() {
    return "G1" + (consent.ad_storage === "granted" ? "1" : "0") + (consent.analytics_storage === "granted" ? "1" : "0");
  }

  function address(id, name, values) {
    var query = new URLSearchParams({
      v: "2", tid: id, gcs: signal(), _p: String(started), cid: visitor, ul: (navigator.language || "en").toLowerCase(),
      sr: screen.width + "x" + screen.height, sid: String(Math.floor(started / 1000)), sct: "1", seg: "0", _s: String(sent += 1),
      dl: location.href, dr: document.referrer, dt: document.title, en: name
    });
    Object.keys(values).forEach(function (key) {
      var value = values[key];
      if (key === "items") {
        value.forEach(function (entry, place) { query.set("pr" + (place + 1), item(entry)); });
      } else if (key === "currency") {
        query.set("cu", value);
      } else if (key === "engagement_time_msec") {
        query.set("_et", String(value));
      } else if (key !== "transport_type") {
        query.set((typeof value === "number" ? "epn." : "ep.") + key, String(value));
      }
    });
    return ENDPOINT + "?" + query;
  }

  function send(name, values, receivers) {
    receivers.forEach(function (id) {
      var to = address(id, name, values);
      if (values.transport_type === "beacon") {
        fetch(to, { mode: "no-cors", keepalive: true }).catch(function () {});
      } else {
        new Image().src = to;
      }
    });
  }

  function read(entry) {
    if (entry[0] === "config") {
      ids.push(entry[1]);
      send("page_view", {}, [entry[1]]);
    } else if (entry[0] === "event") {
      send(entry[1], entry[2] || {}, ids);
    } else if (entry[0] === "consent") {
      Object.keys(entry[2]).forEach(function (key) { consent[key] = entry[2][key]; });
    }
  }

  function leave() {
    if (left) { return; }
    left = true;
    ids.forEach(function (id) {
      try {
        navigator.sendBeacon(address(id, "user_engagement", { engagement_time_msec: Date.now() - started }));
      } catch (error) { /* a browser without beacons loses one hit */ }
    });
  }

  var layer = window.dataLayer = window.dataLayer || [];
  // like gtag with wait_for_update: what is known of consent counts before anything is sent
  layer.forEach(function (entry) { if (entry[0] === "consent") { read(entry); } });
  layer.forEach(function (entry) { if (entry[0] !== "consent") { read(entry); } });
  layer.push = function () {
    Array.prototype.forEach.call(arguments, function (entry) {
      Array.prototype.push.call(layer, entry);
      read(entry);
    });
    return layer.length;
  };
  document.addEventListener("visibilitychange", function () { if (document.visibilityState === "hidden") { leave(); } });
  window.addEventListener("pagehide", leave);
})();
