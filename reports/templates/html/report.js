// Comfort only: the report says everything without it.
"use strict";
(() => {
  const problems = [...document.querySelectorAll("details.problem")];
  const filters = document.getElementById("filters");

  function reveal() {
    let name = "";
    try { name = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const target = name && document.getElementById(name);
    for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    if (target) target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // Browsers without ::details-content print only what is open.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = problems.filter((problem) => !problem.open);
    for (const problem of closed) problem.open = true;
  });
  addEventListener("afterprint", () => { for (const problem of closed) problem.open = false; });

  if (!filters) return;
  filters.hidden = false;
  const shown = document.getElementById("shown");
  const unfold = document.getElementById("unfold");
  const selects = [...filters.querySelectorAll("select")];

  function apply() {
    const wanted = selects.filter((select) => select.value);
    let count = 0;
    for (const problem of problems) {
      problem.hidden = !wanted.every((select) => problem.dataset[select.name].split(" ").includes(select.value));
      if (!problem.hidden) count += 1;
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !group.querySelector("details.problem:not([hidden])");
    }
    shown.textContent = wanted.length ? `${count} of ${problems.length} problems shown` : "";
  }
  filters.addEventListener("input", apply);
  filters.addEventListener("reset", () => setTimeout(apply));
  filters.addEventListener("submit", (event) => event.preventDefault());
  unfold.addEventListener("click", () => {
    const open = unfold.getAttribute("aria-pressed") !== "true";
    unfold.setAttribute("aria-pressed", String(open));
    for (const problem of problems) problem.open = open;
  });
  apply();
})();
