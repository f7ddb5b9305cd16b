/* The demo's own consent banner: keeps the answer in a cookie, tells Consent Mode, and starts the tags that waited for it. */
(function () {
  "use strict";
  var NAME = "shop_consent";
  var banner = document.querySelector("[data-consent]");
  var way = banner.getAttribute("data-consent"); // empty where it does as it should

  function started() {
    document.querySelectorAll('script[type="text/plain"][data-waits]').forEach(function (waiting) {
      var script = document.createElement("script");
      Array.prototype.forEach.call(waiting.attributes, function (one) {
        if (one.name !== "type" && one.name !== "data-waits") { script.setAttribute(one.name, one.value); }
      });
      script.textContent = waiting.textContent;
      waiting.replaceWith(script);
    });
  }

  function apply(answer) {
    banner.hidden = true;
    if (answer === "all") {
      if (way !== "quiet") { window.gtag("consent", "update", { ad_storage: "granted", analytics_storage: "granted" }); }
      started();
    }
  }

  function answered(answer) {
    if (way !== "forgets" || answer === "all") { document.cookie = NAME + "=" + answer + "; path=/; max-age=15552000; SameSite=Lax"; }
    apply(answer);
  }

  var known = new RegExp("(?:^|; )" + NAME + "=(\\w+)").exec(document.cookie);
  if (known) { apply(known[1]); } else { banner.hidden = false; }
  banner.querySelectorAll("[data-answer]").forEach(function (button) {
    button.addEventListener("click", function () { answered(button.getAttribute("data-answer")); });
  });
})();
