// The tables: sorted, filtered, and no longer than asked for.

const ROWS_AT_FIRST = 100;
const collator = new Intl.Collator(data.language, { numeric: true });

function siteRows() {
  return data.sites.id.map((id, site) => {
    const row = element("tr");
    const cells = [pick("site", site), pick("region", data.sites.region[site]), data.sites.commodities[site],
      data.sites.role[site], data.sites.source[site], id];
    row.append(...cells.map((content) => { const cell = element("td"); cell.append(content); return cell; }));
    row.cells[1].dataset.value = data.sites.region[site];
    return row;
  });
}

function compare(a, b) {
  if (a.dataset.value !== undefined && b.dataset.value !== undefined) return a.dataset.value - b.dataset.value;
  return collator.compare(a.textContent, b.textContent);
}

const empty = (cell) => cell.textContent === "" && cell.dataset.value === undefined;

function enliven(table) {
  const body = table.querySelector("tbody");
  let rows = table.id === "sites-table" ? siteRows() : [...body.rows];
  const input = table.querySelector(".filter input");
  const found = table.querySelector(".found");
  const more = element("button", undefined, { type: "button", class: "button" });
  const name = fileName(table.querySelector("caption > span").firstChild.textContent, "csv");
  const head = [...table.querySelectorAll("thead tr")][0];
  table.append(more, saveButton("CSV", name, () => [name, csv(head, rows), "text/csv;charset=utf-8"]));
  let limit = ROWS_AT_FIRST;

  function refresh() {
    const lower = (text) => text.toLocaleLowerCase(data.language);
    const sought = input ? lower(input.value.trim()) : "";
    const matching = sought ? rows.filter((row) => lower(row.textContent).includes(sought)) : rows;
    body.replaceChildren(...matching.slice(0, limit));
    more.hidden = matching.length <= limit;
    more.textContent = filled(words.js_all, { n: number(matching.length) });
    if (!input) return;
    const shown = filled(words.js_of, { n: number(Math.min(matching.length, limit)), total: number(rows.length) });
    found.textContent = matching.length ? shown : words.js_none;
  }

  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = element("button", head.textContent, { type: "button" });
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const first = ["count", "number", "share"].includes(head.dataset.kind) ? "descending" : "ascending";
      const second = first === "ascending" ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort") === first ? second : first;
      table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      rows = [...rows].sort((a, b) => {
        const [left, right] = [a.cells[column], b.cells[column]];
        return empty(left) - empty(right) || sign * compare(left, right);
      });
      refresh();
    });
  });
  more.addEventListener("click", () => { limit = Infinity; refresh(); });
  if (input) {
    input.parentElement.hidden = false;
    input.addEventListener("input", refresh);
  }
  refresh();
}
