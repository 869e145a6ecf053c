// Take away: tables as CSV and charts as SVG, made here and saved as files.

const FORMULA = /^[=+\-@＝＋－＠\t]/; // a spreadsheet would compute what begins like this

function save(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  element("a", "", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

function saveButton(text, name, make) {
  const button = element("button", text, { type: "button", class: "button save", "aria-label": `${text}: ${name}` });
  button.addEventListener("click", () => save(...make()));
  return button;
}

function csvCell(cell) {
  const value = cell.querySelector(".pick") ? undefined : cell.dataset.value;
  const text = value ?? cell.textContent;
  const inert = value === undefined && FORMULA.test(text) ? `'${text}` : text;
  return `"${inert.replaceAll('"', '""')}"`;
}

function csv(head, rows) {
  const lines = [[...head.cells], ...rows.map((row) => [...row.cells])].map((cells) => cells.map(csvCell).join(","));
  return `\ufeff${lines.join("\r\n")}\r\n`; // by the mark at the beginning Excel knows that it is UTF-8
}

const fileName = (text, end) => `${text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_").slice(0, 60).replace(/^_|_$/g, "")}.${end}`;

function shape(tag, text, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// A chart of bars as a picture of its own.
function barsAsSvg(table) {
  const rows = [...table.tBodies[0].rows];
  const caption = table.caption.textContent;
  const height = 22 * rows.length + 40;
  const root = shape("svg", "", {
    width: 720, height, viewBox: `0 0 720 ${height}`,
    "font-family": "sans-serif", "font-size": 13,
  });
  root.append(shape("rect", "", { width: 720, height, fill: data.background.halo }));
  const write = (text, x, y, more = {}) => root.append(shape("text", text, { x, y, fill: data.background.chosen, ...more }));
  write(caption, 10, 22, { "font-weight": "bold" });
  rows.forEach((row, place) => {
    const y = 36 + 22 * place;
    const length = parseFloat(row.querySelector(".part").getAttribute("width")) / 100;
    write(row.cells[0].textContent, 10, y + 12);
    root.append(shape("rect", "", { x: 260, y, width: 340 * length, height: 14, fill: data.layers.regions.edge }));
    write(row.cells[2].textContent, 710, y + 12, { "text-anchor": "end" });
  });
  return new XMLSerializer().serializeToString(root);
}

function startTaking() {
  document.querySelectorAll("table.bars").forEach((table) => {
    const name = fileName(table.caption.textContent, "svg");
    table.after(saveButton("SVG", name, () => [name, barsAsSvg(table), "image/svg+xml"]));
  });
  document.querySelectorAll("figure").forEach((figure) => {
    const [type, coded] = figure.querySelector("img").src.slice(5).split(";base64,");
    const end = type === "image/png" ? "png" : "svg";
    const name = fileName(figure.querySelector("figcaption").textContent, end);
    const bytes = () => Uint8Array.from(atob(coded), (sign) => sign.charCodeAt(0));
    figure.append(saveButton(end.toUpperCase(), name, () => [name, bytes(), type]));
  });
}

// What is printed is the map as it is seen, as wide as the paper.
const PAPER_PX = 690;
addEventListener("beforeprint", () => {
  document.documentElement.style.setProperty("--on-paper", PAPER_PX / map.getSize().x);
});
