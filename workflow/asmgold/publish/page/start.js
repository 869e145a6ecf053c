// The address after #: the view, the layers that were switched, and what is chosen. An anchor has no "=".

const switches = [...document.querySelectorAll("[data-layer]")];
let ready = false; // until then the address is read, not written

function remember() {
  if (!ready) return;
  const { lat, lng } = map.getCenter();
  const parts = { map: [map.getZoom().toFixed(2), lat.toFixed(4), lng.toFixed(4)].join("/") };
  const switched = switches.filter((box) => box.checked !== box.defaultChecked);
  if (switched.length) parts.switched = switched.map((box) => box.dataset.layer).join(",");
  Object.assign(parts, whatIf.get());
  if (chosen) parts[chosen.kind] = things[chosen.kind].key(chosen.id);
  history.replaceState(null, "", `#${new URLSearchParams(parts)}`);
}

function restore() {
  const parts = new URLSearchParams(location.hash.slice(1));
  if (!location.hash.includes("=")) return;
  ready = false;
  const switched = (parts.get("switched") ?? "").split(",");
  for (const box of switches) {
    box.checked = box.defaultChecked !== switched.includes(box.dataset.layer);
    switchLayer(box.dataset.layer, box.checked);
  }
  whatIf.set(parts);
  const kind = Object.keys(things).find((key) => parts.has(key));
  const id = kind && Object.keys(things[kind].all).find((key) => things[kind].key(key) === parts.get(kind));
  if (id === undefined) choose(null);
  else show({ kind, id });
  const [zoom, lat, lng] = (parts.get("map") ?? "").split("/").map(Number);
  if ([zoom, lat, lng].every(Number.isFinite)) map.setView([lat, lng], zoom, { animate: false });
  ready = true;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("a")) return;
  const row = event.target.closest("main .scroll tbody tr, .bars tbody tr");
  const button = event.target.closest(".pick") || (row && !getSelection().toString() && row.querySelector(".pick"));
  if (!button) return;
  show({ kind: button.dataset.pick, id: button.dataset.id });
  if (row) {
    row.classList.add("chosen");
    scrollTo({ top: 0, behavior: still ? "auto" : "smooth" });
  }
  panel.focus({ preventScroll: true });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen) choose(null);
});

// The map has what the title and the contents leave of the first screen.
function fit() {
  const top = document.querySelector("main").getBoundingClientRect().top + scrollY;
  document.documentElement.style.setProperty("--above-map", `${Math.ceil(top)}px`);
}

sheet.addEventListener("click", () => {
  sheet.setAttribute("aria-expanded", String(sheet.getAttribute("aria-expanded") !== "true"));
});

fit();
addEventListener("resize", fit);
startMap();
startSearch();
startWhatIf();
startTaking();
for (const box of switches) {
  switchLayer(box.dataset.layer, box.checked);
  box.addEventListener("change", () => { switchLayer(box.dataset.layer, box.checked); remember(); });
}
document.querySelectorAll(".table").forEach(enliven);
restore();
addEventListener("hashchange", restore);
map.on("moveend", remember);
ready = true;
map.getContainer().removeAttribute("aria-busy");
