// Text and the panel. Everything that comes from the data is put in place as text (textContent), never as markup.

// The data are compressed JSON: a page with tens of thousands of sites is sent by mail, too.
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text());
}

const data = await unpacked(document.getElementById("data").textContent);
// Positions come as steps: whole numbers, each as far as it lies from the one before it.
function positions(steps, decimals) {
  const places = [];
  const unit = 10 ** decimals;
  let [latitude, longitude] = [0, 0];
  for (let i = 0; i < steps.length; i += 2) {
    latitude += steps[i];
    longitude += steps[i + 1];
    places.push([latitude / unit, longitude / unit]);
  }
  return places;
}

const placed = (shape) => shape.map((rings) => rings.map((steps) => positions(steps, data.decimals.shapes)));
for (const list of [data.countries, data.units, data.regions, Object.values(data.overlays)]) {
  list.forEach((thing) => { thing.shape = placed(thing.shape); });
}
data.area = data.area.map(placed);
data.waters.lakes = data.waters.lakes.map(placed);
data.waters.rivers = data.waters.rivers.map((line) => positions(line, data.decimals.shapes));
for (const key of Object.keys(data.zones)) data.zones[key] = data.zones[key].map(placed);
data.sites.at = positions(data.sites.at, data.decimals.sites);

const words = data.words;
const panel = document.getElementById("panel");
const sheet = document.getElementById("sheet");
const overview = [...panel.childNodes];

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

function number(value, decimals = 0) {
  const [whole, fraction] = value.toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, data.numbers.thousands);
  return fraction ? grouped + data.numbers.decimal + fraction : grouped;
}

function position([latitude, longitude]) {
  const turned = ((longitude + 540) % 360) - 180;
  const [north, east] = [latitude, turned].map((value) => number(Math.abs(value), 5));
  const westward = data.language === "es" ? "O" : "W";
  return `${north}° ${latitude < 0 ? "S" : "N"}, ${east}° ${turned < 0 ? westward : "E"}`;
}

function facts(pairs) {
  const list = element("dl", undefined, { class: "facts" });
  for (const [term, value] of pairs) {
    if (value === null || value === "") continue;
    const pair = element("div");
    pair.append(element("dt", term), element("dd", value));
    list.append(pair);
  }
  return list;
}

function pick(kind, id) {
  return element("button", things[kind].title(id), { type: "button", class: "pick", "data-pick": kind, "data-id": id });
}

function link(site) {
  const own = data.sites.url[site]?.replace("{id}", data.sites.id[site].split(":").slice(1).join(":"));
  const address = own || data.pages[data.sites.source[site]];
  const text = own ? words.js_usgs : words.js_dataset;
  return address ? element("a", text, { href: address, rel: "noopener noreferrer" }) : "";
}

const sitesOf = data.regions.map(() => []);
data.sites.region.forEach((region, site) => sitesOf[region].push(site));

function aboutRegion(id) {
  const region = data.regions[id];
  const records = element("ol");
  sitesOf[id].slice(0, ROWS_AT_FIRST).forEach((site) => {
    const item = element("li");
    const about = element("small", `${data.sites.commodities[site]} · ${data.sites.role[site]} `);
    if (data.sites.url[site]) about.append(link(site)); // that of the dataset would stand in most lines
    item.append(pick("site", site), about);
    records.append(item);
  });
  if (sitesOf[id].length > ROWS_AT_FIRST) records.append(element("li", "…"));
  return [
    facts([
      [words.area_km2, number(region.km2)],
      [words.area_unclipped_km2, number(region.unclipped)],
      [words.n_sites, number(region.sites)],
      [words.n_deposits, number(region.deposits)],
      ...region.sources.map(([source, n]) => [source, number(n)]),
      ...region.zones.map(([zone, km2]) => [filled(words.js_in, { zone }), number(km2)]),
      [words.region_countries, region.countries],
      [words.region_id, region.id],
    ]),
    element("h4", words.js_records),
    records,
  ];
}

function aboutSite(id) {
  const of = (column) => data.sites[column][id];
  const links = element("p");
  links.append(pick("region", of("region")), element("br"), link(id));
  return [
    facts([
      [words.js_commodities, of("commodities")],
      [words.js_gold, of("role")],
      [words.js_status, of("status")],
      [words.js_type, of("type")],
      [words.source, of("source")],
      [words.js_id, of("id")],
      [words.js_position, position(of("at"))],
      [words.js_moved, of("moved") && position(of("moved"))],
      [words.js_country, of("country")],
      [words.js_flags, of("flags")],
    ]),
    links,
  ];
}

// What can be chosen: how it is called, what never changes of it in an address, where it lies, what the panel says.
const named = data.countries.filter((country) => country.name !== null);
const things = {
  region: {
    all: data.regions,
    title: (id) => data.regions[id].title,
    key: (id) => data.regions[id].id,
    shape: (id) => data.regions[id].shape,
    about: aboutRegion,
  },
  site: {
    all: data.sites.id,
    title: (id) => data.sites.name[id],
    key: (id) => data.sites.id[id],
    at: (id) => data.sites.at[id],
    about: aboutSite,
  },
  unit: {
    all: data.units,
    title: (id) => data.units[id].title,
    key: (id) => `${data.units[id].overlay}/${data.units[id].title}`,
    shape: (id) => data.units[id].shape,
    about: (id) => [facts(data.units[id].facts), ...pageOf(data.units[id])],
  },
  overlay: {
    all: data.overlays,
    title: (id) => data.overlays[id].title,
    key: (id) => id,
    shape: (id) => [data.overlays[id].shape, ...unitsOf(id).map((unit) => unit.shape)].flat(),
    about: (id) => [facts(data.overlays[id].facts)],
  },
  country: {
    all: named,
    title: (id) => named[id].name,
    key: (id) => named[id].name,
    shape: (id) => named[id].shape,
    about: () => [],
  },
  town: {
    all: data.towns,
    title: (id) => data.towns[id].name,
    key: (id) => data.towns[id].name,
    at: (id) => data.towns[id].at,
    about: () => [],
  },
};

const pageOf = ({ page }) => (page ? [element("a", words.open_page, { href: page })] : []);
const unitsOf = (overlay) => data.units.filter((unit) => unit.overlay === overlay);

function tell(chosen) {
  panel.scrollTop = 0;
  if (!chosen) return panel.replaceChildren(...overview);
  const { title, about } = things[chosen.kind];
  const close = element("button", "×", { type: "button", class: "close", "aria-label": words.js_close });
  close.addEventListener("click", () => choose(null));
  panel.replaceChildren(close, element("h3", title(chosen.id)), ...about(chosen.id));
}
