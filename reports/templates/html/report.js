// Comfort only: the report says everything without it.
"use strict";
(() => {
  const problems = [...document.querySelectorAll("details.problem")];
  const filters = document.getElementById("filters");

  function reveal() {
    let name = "";
    try { name = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const target = name && document.getElementById(name);
    if (target && target.hidden && filters) { filters.reset(); apply(); }
    for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    if (target) target.scrollIntoView();
  }

  // Browsers without ::details-content print only what is open.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = problems.filter((problem) => !problem.open);
    for (const problem of closed) problem.open = true;
  });
  addEventListener("afterprint", () => { for (const problem of closed) problem.open = false; });

  async function copy(button) {
    const text = document.getElementById(button.dataset.copy);
    let done = false;
    try {
      await navigator.clipboard.writeText(text.textContent);
      done = true;
    } catch {
      // Not allowed from disk in some browsers: show it, select it, try the old way.
      for (let fold = text.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
      getSelection().selectAllChildren(text);
      try { done = document.execCommand("copy"); } catch { done = false; }
    }
    const label = button.textContent;
    button.textContent = done ? "Copied" : "Selected: press Ctrl+C";
    setTimeout(() => { button.textContent = label; }, 2500);
  }
  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", () => { if (!button.textContent.startsWith("Copied")) copy(button); });
  }

  const shown = document.getElementById("shown");
  const unfold = document.getElementById("unfold");
  const selects = filters ? [...filters.querySelectorAll("select")] : [];

  function apply() {
    const wanted = selects.filter((select) => select.value);
    const words = filters.elements.find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const problem of problems) {
      const text = words.length ? problem.textContent.toLowerCase() : "";
      problem.hidden = !wanted.every((select) => problem.dataset[select.name].split(" ").includes(select.value))
        || !words.every((word) => text.includes(word));
      if (!problem.hidden) count += 1;
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !group.querySelector("details.problem:not([hidden])");
    }
    shown.textContent = wanted.length || words.length ? `${count} of ${problems.length} problems shown` : "";
  }
  if (filters) {
    filters.hidden = false;
    filters.addEventListener("input", apply);
    filters.addEventListener("reset", () => setTimeout(apply));
    filters.addEventListener("submit", (event) => event.preventDefault());
    unfold.addEventListener("click", () => {
      const open = unfold.getAttribute("aria-pressed") !== "true";
      unfold.setAttribute("aria-pressed", String(open));
      for (const problem of problems) problem.open = open;
    });
    apply();
  }
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();
})();
