/* What the shop does in the browser: the menu on small screens, late pictures, options, and the add-to-cart events. */
(function () {
  "use strict";
  var menu = document.getElementById("menu");
  var opener = document.querySelector(".menu-open");
  var shade = document.querySelector(".shade");

  function setMenu(open) {
    menu.classList.toggle("open", open);
    shade.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    (open ? menu.querySelector("button") : opener).focus();
  }

  opener.addEventListener("click", function () { setMenu(true); });
  document.addEventListener("focusin", function (event) {
    if (menu.classList.contains("open") && !menu.contains(event.target)) { menu.querySelector("button").focus(); }
  });
  menu.querySelector(".menu-close").addEventListener("click", function () { setMenu(false); });
  shade.addEventListener("click", function () { setMenu(false); });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && menu.classList.contains("open")) { setMenu(false); }
  });

  function show(picture) {
    picture.src = picture.dataset.src;
    picture.removeAttribute("data-src");
  }
  var late = document.querySelectorAll("img[data-src]");
  if ("IntersectionObserver" in window) {
    var watcher = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (entry.isIntersecting) { watcher.unobserve(entry.target); show(entry.target); }
      });
    }, { rootMargin: "200px" });
    late.forEach(function (picture) { watcher.observe(picture); });
  } else {
    late.forEach(show);
  }

  var form = document.querySelector("form[data-item]");
  if (!form) { return; }
  var item = JSON.parse(form.dataset.item);

  function money(value) {
    return "€" + value.toLocaleString("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  }

  var options = form.querySelector("[data-options]");
  if (options) {
    // Browsers restore the last choice when a visitor comes back; the page was built for the one in its address.
    options.value = item.item_id;
    options.addEventListener("change", function () {
      var chosen = options.selectedOptions[0];
      var price = Number(chosen.dataset.price);
      var sold = chosen.dataset.stock === "no";
      item.item_id = chosen.value;
      item.item_variant = chosen.dataset.name;
      item.price = price;
      document.querySelector("[data-now]").textContent = money(price);
      document.querySelector("[data-sku]").textContent = chosen.value;
      var third = document.querySelector("[data-third]");
      if (third) { third.textContent = "3 × " + money(price / 3); }
      var stock = form.querySelector(".stock");
      stock.textContent = sold ? "Sold out. The next batch is being made." : "In stock, sent within two working days.";
      stock.classList.toggle("gone", sold);
      var button = form.querySelector("button[type=submit]");
      button.disabled = sold;
      button.textContent = sold ? "Sold out" : "Add to cart";
    });
  }

  form.addEventListener("submit", function () {
    var quantity = Number(form.elements.qty.value) || 1;
    var value = Math.round(item.price * quantity * 100) / 100;
    if (window.gtag) {
      window.gtag("event", "add_to_cart", {
        currency: "EUR", value: value, items: [Object.assign({}, item, { quantity: quantity })], transport_type: "beacon"
      });
    }
    if (window.fbq) {
      window.fbq("track", "AddToCart", { content_ids: [item.item_id], content_type: "product", value: value, currency: "EUR" }, { keepalive: true });
    }
  });
})();
