// Filters for the tables; figures are images of all rows, and the bar says so. Without this script,
// and in print, the page shows every row.
//
// A row says what it is about in data-<facet> attributes, a column in those of its
// head. What is not about a facet is never hidden by it; a row with verdicts is
// hidden if none that it still shows is the one asked for.
"use strict";
(() => {
  const FACETS = [
    ["backend", "backend"], ["shape", "shape"], ["n", "N"], ["sparsity", "zeros"],
    ["machine", "machine"], ["blocks", "blocks"], ["setting", "setting"],
    ["model", "model"], ["size", "batch x tokens"], ["runtime", "runtime"],
  ];
  const VERDICTS = ["faster", "slower", "undecided"];
  const tables = [...document.querySelectorAll("table")];
  const chosen = new Map();

  const differs = (element) => FACETS.some(([facet]) =>
    chosen.get(facet) && facet in element.dataset && element.dataset[facet] !== chosen.get(facet));

  const isVerdict = (cell) => VERDICTS.some((word) => cell.classList.contains(word));

  function lacksVerdict(cells) {
    const wanted = chosen.get("verdict");
    const isWanted = (cell) =>
      cell.classList.contains(wanted) && !cell.classList.contains("out");
    return wanted && cells.some(isVerdict) && !cells.some(isWanted);
  }

  function filter(table) {
    const heads = [...table.tHead.rows[0].cells];
    const out = heads.map(differs);
    heads.forEach((head, column) => head.classList.toggle("out", out[column]));
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const cells = [...row.cells];
      cells.forEach((cell, column) => cell.classList.toggle("out", out[column]));
      const hidden = differs(row) || lacksVerdict(cells);
      row.classList.toggle("out", Boolean(hidden));
      shown += !hidden;
    }
    return [shown, table.tBodies[0].rows.length];
  }

  function apply() {
    const counts = tables.map(filter);
    const sum = (index) => counts.reduce((total, count) => total + count[index], 0);
    told.value = `${sum(0)} of ${sum(1)} rows shown`;
  }

  function valuesOf(facet) {
    const found = [...document.querySelectorAll(`[data-${facet}]`)];
    return [...new Set(found.map((element) => element.dataset[facet]))].sort(
      (one, other) => one.localeCompare(other, "en", { numeric: true }));
  }

  function choice(facet, name, values) {
    const label = document.createElement("label");
    const select = document.createElement("select");
    select.name = facet;
    select.append(new Option("all", ""), ...values.map((value) => new Option(value, value)));
    select.addEventListener("change", () => { chosen.set(facet, select.value); apply(); });
    label.append(`${name} `, select);
    return label;
  }

  const bar = document.createElement("form");
  const told = document.createElement("output");
  bar.className = "filters";
  bar.append("Tables: ");
  for (const [facet, name] of FACETS) {
    const values = valuesOf(facet);
    if (values.length > 1) bar.append(choice(facet, name, values));
  }
  if (document.querySelector(VERDICTS.map((word) => `td.${word}`).join())) {
    bar.append(choice("verdict", "verdict", VERDICTS));
  }
  const reset = document.createElement("button");
  reset.type = "reset";
  reset.textContent = "show all";
  bar.addEventListener("reset", () => { chosen.clear(); apply(); });
  bar.addEventListener("submit", (event) => event.preventDefault());
  const limit = document.createElement("small");
  limit.textContent = "Figures always show all rows.";
  bar.append(reset, told, limit);
  document.querySelector("nav").after(bar);
  apply();
})();
