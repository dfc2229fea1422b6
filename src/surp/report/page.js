"use strict";
// Tables sort by the column whose heading is pressed: numbers by the number behind the text, empty cells last.
for (const table of document.querySelectorAll("figure.table table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") === "descending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    sort(table.tBodies[0], column, head.classList.contains("n"), up ? 1 : -1);
  }));
}

function sort(body, column, numeric, sign) {
  const key = (row) => {
    const cell = row.cells[column];
    if (!numeric) return cell.textContent.trim();
    return "value" in cell.dataset ? Number(cell.dataset.value) : NaN;
  };
  const rows = [...body.rows].map((row) => [key(row), row]);
  const missing = (value) => value === "" || Number.isNaN(value);
  rows.sort(([a], [b]) => {
    if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
    return sign * (numeric ? a - b : a.localeCompare(b));
  });
  body.append(...rows.map(([, row]) => row));
}
