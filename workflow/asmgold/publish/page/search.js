// Search on the map: a combobox, as the ARIA practices describe one, over everything that can be chosen.

const SHOWN_FOUND = 8;
const searchBox = document.getElementById("search");

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function everything() {
  // Where countries are units, these have their figures.
  const kinds = ["overlay", "unit", ...(data.sites_from ? [] : ["country"]), "town", "region", "site"];
  const all = kinds.flatMap((kind) => Object.keys(things[kind].all).map((id) => ({ kind, id })));
  return all.map((what) => ({ what, text: folded(things[what.kind].title(what.id)) }));
}

function find(index, sought) {
  const matching = index.filter((entry) => entry.text.includes(sought));
  const rank = (entry) => (entry.text.startsWith(sought) ? 0 : 1);
  return matching.sort((a, b) => rank(a) - rank(b)).map((entry) => entry.what);
}

function startSearch() {
  const [input, list, status] = searchBox.children;
  let index = null;
  let active = -1;
  searchBox.hidden = false;

  function open(found) {
    const options = found.slice(0, SHOWN_FOUND).map((what, place) => {
      const attributes = { role: "option", id: `found-${place}`, "aria-selected": "false" };
      const option = element("li", things[what.kind].title(what.id), attributes);
      option.append(element("small", words[`js_kind_${what.kind}`]));
      option.addEventListener("pointerdown", (event) => { event.preventDefault(); take(what); });
      option.what = what;
      return option;
    });
    list.replaceChildren(...options);
    list.hidden = options.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    activate(-1);
  }

  function activate(place) {
    active = place;
    [...list.children].forEach((option, other) => option.setAttribute("aria-selected", String(other === place)));
    if (place < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", `found-${place}`);
  }

  function take(what) {
    input.value = "";
    open([]);
    show(what);
    panel.focus({ preventScroll: true });
  }

  input.addEventListener("input", () => {
    index ??= everything();
    const sought = folded(input.value.trim());
    const found = sought ? find(index, sought) : [];
    open(found);
    status.textContent = sought ? filled(words.js_found, { n: number(found.length) }) : "";
  });
  input.addEventListener("keydown", (event) => {
    const last = list.children.length - 1;
    if (event.key === "ArrowDown") activate(active < last ? active + 1 : 0);
    else if (event.key === "ArrowUp") activate(active > 0 ? active - 1 : last);
    else if (event.key === "Enter" && last >= 0) take(list.children[Math.max(active, 0)].what);
    else if (event.key === "Escape" && input.value) { input.value = ""; open([]); event.stopPropagation(); }
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", () => open([]));
}
