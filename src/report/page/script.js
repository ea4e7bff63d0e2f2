"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("derivations").textContent);
  const dialog = $("derivation");
  const body = dialog.querySelector(".body");
  const make = (name, text, parent) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };

  // ---- Derivations: an ACO's steps are taken apart when one of them is asked for.
  const known = {};
  const stepsOf = (aco) => (known[aco] ??= new Map((data.acos[aco] || []).map(([label, formula, citation, origin, value]) => [
    data.labels[label],
    { words: data.words[label], formula: data.formulas[formula], citation: data.citations[citation], origin: data.origins[origin], value },
  ])));
  const grouped = (value) => value.replace(/^(-?)(\d+)/, (_, sign, whole) => sign + whole.replace(/\B(?=(\d{3})+$)/g, ","));
  const shown = (value) => (value === null ? "* (suppressed)" : grouped(value));
  const words = (formula) => formula.split(/([A-Za-z_][A-Za-z0-9_]*(?:\[[A-Z]+\])?)/);
  const trail = [];
  function open(aco, label) {
    const steps = stepsOf(aco);
    const step = steps.get(label);
    if (!step) return;
    body.replaceChildren();
    make("p", aco + (trail.length ? ", from " + steps.get(trail[trail.length - 1]).words : ""), body).className = "soft";
    const title = make("h2", step.words, body);
    title.id = "derivation-title";
    title.tabIndex = -1;
    make("p", "= " + shown(step.value), body).className = "exact";
    make("code", label, make("p", "Name in formulas: ", body)).className = "name";
    body.lastElementChild.classList.add("soft");
    if (step.formula) {
      make("h3", "Formula", body);
      const code = make("code", undefined, body);
      for (const word of words(step.formula)) {
        const operand = steps.get(word);
        if (!operand) { code.append(word); continue; }
        const link = make("button", word, code);
        link.className = "num";
        link.type = "button";
        link.title = shown(operand.value);
        link.addEventListener("click", () => { trail.push(label); open(aco, word); });
      }
      make("h3", "With its numbers", body).style.marginTop = ".6rem";
      make("code", words(step.formula).map((word) => {
        const operand = steps.get(word);
        if (!operand) return word;
        const value = operand.value === null ? "*" : operand.value;
        return value.startsWith("-") ? "(" + value + ")" : value;
      }).join(""), body);
    }
    const origin = step.origin === "given" ? "Given, factor table " : step.origin === "rule" ? "Rule, " : "Follows ";
    make("p", origin + step.citation, body).style.marginTop = ".6rem";
    if (trail.length) {
      const back = make("button", "Back to " + steps.get(trail[trail.length - 1]).words, body);
      back.className = "plain";
      back.type = "button";
      back.addEventListener("click", () => open(aco, trail.pop()));
    }
    if (dialog.open) title.focus(); else dialog.showModal();
  }
  document.addEventListener("click", (event) => {
    const number = event.target.closest(".num[data-step]");
    if (!number) return;
    trail.length = 0;
    open(number.dataset.of || number.closest("[data-aco]").dataset.aco, number.dataset.step);
  });
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => { trail.length = 0; });

  // ---- Pages: of many ACOs each lies there as text until it is asked for, and the one before it is put away.
  const texts = new Map([...document.querySelectorAll("script[data-page]")].map((page) => [page.dataset.page, page]));
  const names = [...texts.keys()];
  const place = (name) => texts.get(name).insertAdjacentHTML("beforebegin", texts.get(name).textContent);
  function here() {
    const id = decodeURIComponent(location.hash.slice(1)) || "overview";
    if (names.length) {
      for (const page of document.querySelectorAll("section.aco")) if (page.id !== id) page.remove();
      if (id === "all") names.forEach(place);
      else if (texts.has(id) && !$(id)) {
        place(id);
        // The fragment is looked for anew, so that the page is its target.
        location.replace("#" + id);
      }
      const current = $("current");
      current.hidden = !texts.has(id);
      current.textContent = id;
      current.setAttribute("href", "#" + id);
      const at = names.indexOf(id);
      $("before").disabled = at < 1;
      $("after").disabled = at === names.length - 1;
    }
    for (const link of document.querySelectorAll("nav a")) {
      const is = link.getAttribute("href") === "#" + id;
      link.classList.toggle("here", is);
      if (is) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    }
    for (const number of document.querySelectorAll(".num[data-step]:not([aria-haspopup])")) {
      number.type = "button";
      number.setAttribute("aria-haspopup", "dialog");
      number.title = "How " + number.dataset.step + " came about";
    }
    scrolling();
  }
  if (names.length) {
    const go = (by) => { location.hash = "#" + names[Math.max(0, names.indexOf(location.hash.slice(1)) + by)]; };
    $("before").addEventListener("click", () => go(-1));
    $("after").addEventListener("click", () => go(1));
    $("goto").addEventListener("change", (event) => {
      const sought = event.target.value.trim().toUpperCase().replaceAll(" ", "-");
      const found = names.find((name) => name.toUpperCase() === sought) || names.find((name) => name.toUpperCase().includes(sought));
      event.target.setCustomValidity(found ? "" : "No such ACO in this run");
      event.target.reportValidity();
      if (found) { location.hash = "#" + found; event.target.value = ""; }
    });
  }
  const top = () => scrollTo({ top: 0, behavior: "instant" });
  addEventListener("hashchange", () => { here(); top(); });

  // ---- What is wider than the page is scrolled by keyboard too.
  function scrolling() {
    for (const box of document.querySelectorAll(".scroll, figure > .wide")) {
      if (box.scrollWidth > box.clientWidth + 1) {
        box.tabIndex = 0;
        box.setAttribute("role", "region");
        const figure = box.closest("figure");
        const about = figure ? figure.querySelector("figcaption") : box.closest("section").querySelector("h2, h3");
        const kind = figure ? "Chart" : box.closest("details") ? "Details" : "Table";
        box.setAttribute("aria-label", kind + ", wider than the page: " + about.textContent.trim());
      } else if (box.hasAttribute("role")) {
        for (const name of ["role", "aria-label", "tabindex"]) box.removeAttribute(name);
      }
    }
  }
  addEventListener("resize", scrolling);
  document.addEventListener("toggle", scrolling, true);

  // ---- The table of every ACO: sorted by a heading, narrowed by a word.
  const worth = (cell) => {
    const text = cell.textContent.trim();
    const number = Number(text.replaceAll(",", "").replace(" %", "").replace("−", "-"));
    return text === "" || Number.isNaN(number) ? text : number;
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const rows = [...table.tBodies[0].rows];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = make("button", head.textContent, undefined);
      button.type = "button";
      button.className = "sort";
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === (column ? "descending" : "ascending") ? (column ? 1 : -1) : (column ? -1 : 1);
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down > 0 ? "ascending" : "descending");
        const keyed = rows.map((row) => [worth(row.cells[column]), row]);
        keyed.sort(([a], [b]) => {
          const words = [typeof a === "string", typeof b === "string"];
          if (words[0] !== words[1]) return words[0] ? 1 : -1;
          return down * (words[0] ? a.localeCompare(b) : a - b);
        });
        table.tBodies[0].append(...keyed.map(([, row]) => row));
      });
    });
    const find = $("find");
    if (find) find.addEventListener("input", () => {
      const sought = find.value.trim().toUpperCase();
      let left = 0;
      for (const row of rows) {
        row.hidden = !row.textContent.toUpperCase().includes(sought);
        left += row.hidden ? 0 : 1;
      }
      $("found").textContent = sought ? left + " of " + rows.length : "";
    });
  }

  // ---- Who a bar or a dot is; a click goes there.
  const tip = document.querySelector(".tip");
  const follow = (mark, [text, link], event) => {
    tip.textContent = text;
    tip.hidden = false;
    const width = tip.offsetWidth;
    tip.style.left = Math.min(event.pageX + 12, scrollX + document.documentElement.clientWidth - width - 8) + "px";
    tip.style.top = event.pageY + 14 + "px";
    mark.style.cursor = link ? "pointer" : "default";
    mark.onclick = link ? () => { tip.hidden = true; location.hash = "#" + link; } : null;
  };
  const away = () => { tip.hidden = true; };
  for (const map of document.querySelectorAll("svg.map")) {
    map.addEventListener("pointermove", (event) => {
      const said = event.target.dataset.said;
      if (said) follow(event.target, [said, null], event); else away();
    });
    map.addEventListener("pointerleave", away);
  }
  for (const figure of document.querySelectorAll("figure[data-across]")) {
    const told = JSON.parse(figure.dataset.across);
    const svg = figure.querySelector("svg");
    // The plane lies between the label area and the margin of the drawing, 860 wide.
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * 860;
      const at = Math.floor(((x - 72) / (860 - 72 - 8)) * told.length);
      if (told[at]) follow(svg, told[at], event); else away();
    });
    svg.addEventListener("pointerleave", away);
  }
  for (const figure of document.querySelectorAll("figure[data-dots]")) {
    const told = JSON.parse(figure.dataset.dots);
    figure.querySelectorAll("svg circle").forEach((dot, at) => {
      if (!told[at]) return;
      dot.addEventListener("pointermove", (event) => follow(dot, told[at], event));
      dot.addEventListener("pointerleave", away);
    });
  }

  here();
  // Only now does the page that the address names show.
  requestAnimationFrame(() => { scrolling(); if (location.hash) top(); });
  addEventListener("load", scrolling);
})();
