// What if the radius were another: discs drawn here, figures from the run's own tables.

const E2 = 0.00669437999014; // of WGS84, with its half axis in kilometres
const A_KM = 6378.137;
const MANY_SITES = 3000; // from here on discs are drawn as finely as the screen shows them, and those in sight alone
const hasManySites = () => data.sites.at.length > MANY_SITES;
const rad = Math.PI / 180;

// The edge of a geodesic disc, [latitude, longitude] in degrees, by Gauss's formula of the middle latitude: within a
// metre at 50 km and 60 degrees. Nearer to a pole than its radius there is none.
function disc([latitude, longitude], km, corners) {
  if (90 - Math.abs(latitude) < km / 110) return [];
  return Array.from({ length: corners }, (_, corner) => {
    const bearing = (2 * Math.PI * corner) / corners;
    let moved = 0;
    let middle, w;
    for (let round = 0; round < 3; round++) {
      middle = latitude * rad + moved / 2;
      w = 1 - E2 * Math.sin(middle) ** 2;
      moved = (km * Math.cos(bearing) * w ** 1.5) / (A_KM * (1 - E2));
    }
    const sideways = (km * Math.sin(bearing) * Math.sqrt(w)) / (A_KM * Math.cos(middle));
    return [latitude + moved / rad, longitude + sideways / rad];
  });
}

const isPrimary = (layer) => layer.endsWith("-primary");

function centres(km, primaryOnly) {
  const all = data.sites.at.filter((_, site) => !primaryOnly || isPrimary(data.sites.layer[site]));
  if (!hasManySites()) return all;
  const sight = map.getBounds().pad(0.5);
  const cell = Math.max(km / 111 / 20, degreesOfPixel());
  const one = new Map();
  for (const at of all) {
    if (sight.contains(at)) one.set(Math.floor(at[0] / cell) * 1e6 + Math.floor(at[1] / cell), at);
  }
  return [...one.values()];
}

const degreesOfPixel = () => 360 / 256 / 2 ** map.getZoom();

// So many corners that an edge is within half a pixel of the disc.
function cornersOf(km) {
  const pixels = Math.max(km / 111 / degreesOfPixel(), 1);
  return Math.min(Math.max(Math.ceil(Math.PI / Math.acos(1 - 0.5 / pixels)), 6), 48);
}

// One path for all discs, filled as one and cut to the area, as the regions are.
const Discs = L.Polygon.extend({
  _updatePath() {
    const pen = this._renderer._ctx;
    pen.save();
    pen.beginPath();
    for (const ring of this.options.cut._parts) {
      ring.forEach((point, place) => (place ? pen.lineTo(point.x, point.y) : pen.moveTo(point.x, point.y)));
    }
    pen.clip("evenodd");
    this._renderer._updatePoly(this, true);
    pen.restore();
  },
});

let discs = null;

function drawDiscs(km, primaryOnly) {
  const at = centres(km, primaryOnly);
  const corners = hasManySites() ? cornersOf(km) : 48;
  discs.setLatLngs(at.map((centre) => [disc(centre, km, corners)]));
}

function startWhatIf() {
  const form = document.getElementById("what-if");
  const told = data.what_if;
  if (!form) return;
  const [radius, year, primary] = ["radius", "year", "primary"].map((name) => form.elements[name]);
  const plain = { interactive: false, stroke: false, smoothFactor: 0.5 };
  const cut = L.polygon(data.area.flat(), { ...plain, fill: false });
  discs = new Discs([], { ...plain, cut, fillColor: data.layers.regions.fill, fillOpacity: 0.7, fillRule: "nonzero" });
  let shownMarks = "false all";
  let drawn = layers.regions.getLayers();
  const regions = drawn;

  function chosenPeriod() {
    return year ? told.periods[year.value] ?? "all" : "all";
  }

  function isOwn() {
    return Number(radius.value) === told.radius && !primary?.checked;
  }

  function show() {
    const km = Number(radius.value);
    form.querySelector("[data-shows=radius]").textContent = `${number(km)} km`;
    if (year) form.querySelector("[data-shows=year]").textContent = told.periods[year.value] ?? words.js_all_years;
    for (const slider of [radius, year]) {
      slider?.setAttribute("aria-valuetext", form.querySelector(`[data-shows=${slider.name}]`).textContent);
    }
    showLayers();
    showFigures(km);
    form.querySelector("[type=reset]").disabled = isOwn() && chosenPeriod() === "all";
  }

  function showLayers() {
    if (!isOwn()) drawDiscs(Number(radius.value), primary?.checked);
    const wanted = isOwn() ? regions : [cut, discs];
    if (wanted[0] !== drawn[0]) {
      layers.regions.clearLayers();
      wanted.forEach((layer) => layers.regions.addLayer(layer));
      restack();
      drawn = wanted;
    }
    const marks = `${Boolean(primary?.checked)} ${chosenPeriod()}`;
    if (marks !== shownMarks) showMarks();
    shownMarks = marks;
  }

  function showMarks() {
    siteMarks.forEach((mark) => {
      const { key } = mark.options;
      layers[key][primary?.checked && !isPrimary(key) ? "removeLayer" : "addLayer"](mark);
    });
    for (const mark of seenMarks) {
      const shown = chosenPeriod() === "all" || mark.options.period === chosenPeriod();
      mark.setStyle({ fill: shown });
    }
    restack();
  }

  function showFigures(km) {
    const period = chosenPeriod();
    const rows = told.zones.map((zone) => {
      const of = primary?.checked
        ? (km === told.radius && period === "all" ? zone.primary : null)
        : zone.curve[period]?.[told.radii.indexOf(km)];
      const row = element("tr");
      row.append(element("th", zone.title, { scope: "row" }));
      const [land, capture, lift] = of ?? [null, null, null];
      row.append(element("td", share(land)), element("td", share(capture)));
      row.append(element("td", lift === null ? "–" : number(lift, 1)));
      return row;
    });
    form.querySelector("tbody").replaceChildren(...rows);
    const known = !primary?.checked || (km === told.radius && period === "all");
    form.querySelector("[role=status]").textContent = known ? "" : words.js_primary_only_at;
  }

  whatIf.set = (parts) => {
    radius.value = parts.get("radius") ?? told.radius;
    if (year) year.value = parts.has("year") ? told.periods.indexOf(parts.get("year")) : told.periods.length;
    if (primary) primary.checked = parts.has("primary");
    show();
  };
  whatIf.get = () => ({
    ...(Number(radius.value) !== told.radius && { radius: radius.value }),
    ...(chosenPeriod() !== "all" && { year: chosenPeriod() }),
    ...(primary?.checked && { primary: "1" }),
  });
  if (hasManySites()) {
    map.on("moveend", () => { if (!isOwn()) drawDiscs(Number(radius.value), primary?.checked); });
  }
  form.addEventListener("input", () => { show(); remember(); });
  form.addEventListener("reset", (event) => { event.preventDefault(); whatIf.set(new URLSearchParams()); remember(); });
  show();
}

// What the address asks for and gets, if there is a form for it.
const whatIf = { set: () => {}, get: () => ({}) };

const share = (value) => (value === null ? "–" : `${number(100 * value, 1)}\u00a0%`);
