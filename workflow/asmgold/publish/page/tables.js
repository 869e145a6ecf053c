// The tables: sorted, filtered, and no longer than asked for.

const ROWS_AT_FIRST = 100;
const collator = new Intl.Collator(data.language, { numeric: true });

// A row as the table asks for it: its element, which those of sites get only when they are shown, since there can be
// tens of thousands; its text; and what a column sorts it by, a number or a text, empty where there is nothing.
function rowOf(row) {
  const key = (column) => {
    const { value } = row.cells[column].dataset;
    return value === undefined ? row.cells[column].textContent : Number(value);
  };
  return { node: () => row, text: () => row.textContent, key };
}

function rowOfSite(id, site) {
  const { region, commodities, role, source } = data.sites;
  const others = [commodities[site], role[site], source[site], id];
  const texts = [things.site.title(site), things.region.title(region[site]), ...others];
  let made = null;
  const node = () => {
    if (made) return made;
    made = element("tr");
    for (const content of [pick("site", site), pick("region", region[site]), ...others]) {
      made.insertCell().append(content);
    }
    made.cells[1].dataset.value = region[site];
    return made;
  };
  return { node, text: () => texts.join(" "), key: (column) => (column === 1 ? region[site] : texts[column] ?? "") };
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return collator.compare(a, b);
}

function enliven(table) {
  const body = table.querySelector("tbody");
  let rows = table.id === "sites-table" ? data.sites.id.map(rowOfSite) : [...body.rows].map(rowOf);
  const input = table.querySelector(".filter input");
  const found = table.querySelector(".found");
  const more = element("button", undefined, { type: "button", class: "button" });
  const name = fileName(table.querySelector("caption > span").firstChild.textContent, "csv");
  const head = [...table.querySelectorAll("thead tr")][0];
  table.append(more, saveButton("CSV", name, () => [name, csv(head, rows.map((row) => row.node())), "text/csv;charset=utf-8"]));
  let limit = ROWS_AT_FIRST;

  function refresh() {
    const lower = (text) => text.toLocaleLowerCase(data.language);
    const sought = input ? lower(input.value.trim()) : "";
    const matching = sought ? rows.filter((row) => lower(row.text()).includes(sought)) : rows;
    body.replaceChildren(...matching.slice(0, limit).map((row) => row.node()));
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
        const [left, right] = [a.key(column), b.key(column)];
        return (left === "") - (right === "") || sign * compare(left, right);
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
