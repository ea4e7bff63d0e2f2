"use strict";
(() => {
  const data = JSON.parse(document.getElementById("derivations").textContent);
  const dialog = document.getElementById("derivation");
  const body = dialog.querySelector(".body");
  const make = (name, text, parent) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };
  const steps = {};
  for (const [aco, rows] of Object.entries(data.acos)) {
    steps[aco] = new Map(rows.map(([label, formula, citation, origin, value]) => [
      data.labels[label],
      { formula: data.formulas[formula], citation: data.citations[citation], origin: data.origins[origin], value },
    ]));
  }
  const shown = (value) => (value === null ? "* (suppressed)" : value);
  const words = (formula) => formula.split(/([A-Za-z_][A-Za-z0-9_]*(?:\[[A-Z]+\])?)/);
  const trail = [];
  function open(aco, label) {
    const step = steps[aco] && steps[aco].get(label);
    if (!step) return;
    body.replaceChildren();
    make("p", aco + (trail.length ? ", from " + trail[trail.length - 1] : ""), body).className = "soft";
    make("h2", label, body).id = "derivation-title";
    make("p", "= " + shown(step.value), body).style.fontSize = "1.2rem";
    if (step.formula) {
      make("h3", "Formula", body);
      const code = make("code", undefined, body);
      for (const word of words(step.formula)) {
        const operand = steps[aco].get(word);
        if (!operand) { code.append(word); continue; }
        const link = make("button", word, code);
        link.className = "num";
        link.type = "button";
        link.title = shown(operand.value);
        link.addEventListener("click", () => { trail.push(label); open(aco, word); });
      }
      make("h3", "With its numbers", body).style.marginTop = ".6rem";
      make("code", words(step.formula).map((word) => {
        const operand = steps[aco].get(word);
        if (!operand) return word;
        const value = operand.value === null ? "*" : operand.value;
        return value.startsWith("-") ? "(" + value + ")" : value;
      }).join(""), body);
    }
    const origin = step.origin === "given" ? "Given, factor table " : step.origin === "rule" ? "Rule, " : "Follows ";
    make("p", origin + step.citation, body).style.marginTop = ".6rem";
    if (trail.length) {
      const back = make("button", "Back to " + trail[trail.length - 1], body);
      back.className = "plain";
      back.type = "button";
      back.addEventListener("click", () => open(aco, trail.pop()));
    }
    if (!dialog.open) dialog.showModal();
  }
  document.addEventListener("click", (event) => {
    const number = event.target.closest(".num[data-step]");
    if (number) { trail.length = 0; open(number.dataset.aco, number.dataset.step); }
  });
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => { trail.length = 0; });
  function here() {
    const hash = location.hash || "#overview";
    for (const link of document.querySelectorAll("nav a")) {
      const is = link.getAttribute("href") === hash;
      link.classList.toggle("here", is);
      if (is) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    }
  }
  addEventListener("hashchange", () => { here(); scrollTo(0, 0); });
  here();
  if (location.hash) requestAnimationFrame(() => scrollTo(0, 0));
  const filter = document.getElementById("filter");
  if (filter) filter.addEventListener("input", () => {
    const sought = filter.value.trim().toUpperCase();
    for (const item of document.querySelectorAll("nav li[data-aco]")) item.hidden = !item.dataset.aco.toUpperCase().includes(sought);
  });
})();
