// The map: layers, and what is chosen on it.

const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const [west, south, east, north] = data.window;
const view = L.latLngBounds([data.view[1], data.view[0]], [data.view[3], data.view[2]]);
const map = L.map("map", {
  attributionControl: false,
  zoomControl: false,
  preferCanvas: true,
  renderer: L.canvas({ padding: 0.3, tolerance: 4 }),
  maxBounds: [[south, west], [north, east]],
  maxBoundsViscosity: 1,
  zoomSnap: 0.25,
  zoomDelta: 0.75,
  maxZoom: 14,
  zoomAnimation: !still,
  fadeAnimation: !still,
  inertia: !still,
});

// A text of the data as a label: Leaflet takes a string for markup, and an element as it is.
const label = (text) => element("span", text);

function polygon(shape, options) {
  return L.polygon(shape, { smoothFactor: 0.5, ...options });
}

function drawBackground() {
  const { land, border, area, outline } = data.background;
  const plain = { interactive: false, fillOpacity: 1, weight: 0.8 };
  data.countries.forEach((country) => polygon(country.shape, { ...plain, color: border, fillColor: land }).addTo(map));
  data.area.forEach((shape) => polygon(shape, { ...plain, weight: 1.2, color: outline, fillColor: area }).addTo(map));
}

function drawWaters() {
  if (!layers.waters) return;
  const { fill, edge } = data.layers.waters;
  const plain = { interactive: false, color: edge, weight: 0.8 };
  data.waters.lakes.forEach((shape) => polygon(shape, { ...plain, fillColor: fill, fillOpacity: 1 }).addTo(layers.waters));
  data.waters.rivers.forEach((line) => L.polyline(line, plain).addTo(layers.waters));
}

const layers = Object.fromEntries(Object.keys(data.layers).map((key) => [key, L.featureGroup()]));
const siteMarks = [];  // one for each layer of sites
const seenMarks = [];

function chooseOnClick(mark, kind, id) {
  mark.bindTooltip(() => label(things[kind].title(id)), { sticky: kind !== "site" });
  mark.on("click", (event) => { L.DomEvent.stop(event); choose({ kind, id }); });
  return mark;
}

function drawRegions() {
  const { fill, edge } = data.layers.regions;
  data.regions.forEach((region, id) => {
    const shape = polygon(region.shape, { color: edge, weight: 1, fillColor: fill, fillOpacity: 0.7 });
    chooseOnClick(shape, "region", id).addTo(layers.regions);
  });
}

function drawZones() {
  for (const [key, shapes] of Object.entries(data.zones)) {
    const { fill, edge } = data.layers[key];
    const style = { interactive: false, weight: 1, color: edge, fillColor: fill, fillOpacity: 1 };
    shapes.forEach((shape) => polygon(shape, style).addTo(layers[key]));
  }
  data.units.forEach((unit, id) => {
    const style = { color: data.background.border, weight: 1, fillColor: unit.fill, fillOpacity: 1 };
    chooseOnClick(polygon(unit.shape, style), "unit", id).addTo(layers[`units-${unit.overlay}`]);
  });
  for (const name of Object.keys(data.overlays)) {
    const { edge, thin } = data.layers[`overlay-${name}`];
    const style = { interactive: false, fill: false, weight: thin ? 0.8 : 2, color: edge };
    things.overlay.shape(name).forEach((part) => polygon(part, style).addTo(layers[`overlay-${name}`]));
  }
}

function drawSeen() {
  for (const [key, periods] of Object.entries(data.seen)) {
    for (const [period, places] of Object.entries(periods)) {
      const style = { interactive: false, stroke: false, fillColor: data.layers[key].fill, fillOpacity: 0.85, period };
      places.forEach((at) => seenMarks.push(L.circleMarker(at, style).addTo(layers[key])));
    }
  }
}

// All sites of a layer as one path, for the sake of layers with tens of thousands. Each sign is a copy of one picture,
// and where signs would cover each other almost wholly, one is drawn.
const Sites = L.Path.extend({
  initialize(ids, options) {
    L.setOptions(this, options);
    this.ids = ids;
    this.hit = null;
  },
  _project() {
    this._points = this.ids.map((id) => this._map.latLngToLayerPoint(data.sites.at[id]));
    this._pxBounds = L.bounds(this._points);
  },
  _update() {
    if (this._map) this._updatePath();
  },
  _updatePath() {
    const { _drawing, _ctx: pen, _redrawBounds, _bounds } = this._renderer;
    if (!_drawing || !this._isInReach()) return;
    const { radius, weight } = this.options;
    const half = radius + weight;
    const { min, max } = _redrawBounds ?? _bounds;
    const sign = this._sign(half);
    const taken = new Set();
    for (const { x, y } of this._points) {
      if (x < min.x - half || x > max.x + half || y < min.y - half || y > max.y + half) continue;
      const cell = Math.round((2 * x) / radius) * 1e6 + Math.round((2 * y) / radius);
      if (!taken.has(cell)) pen.drawImage(sign, x - half, y - half, 2 * half, 2 * half);
      taken.add(cell);
    }
  },
  _sign(half) {
    const { radius, weight, color, fillColor } = this.options;
    const fineness = 2 * devicePixelRatio;
    const size = Math.ceil(2 * half * fineness);
    const sign = Object.assign(document.createElement("canvas"), { width: size, height: size });
    const pen = sign.getContext("2d");
    pen.scale(size / half / 2, size / half / 2);
    pen.arc(half, half, radius, 0, 2 * Math.PI);
    Object.assign(pen, { fillStyle: fillColor, strokeStyle: color, lineWidth: weight });
    pen.fill();
    pen.stroke();
    return sign;
  },
  _isInReach() {
    return this._map.getZoom() >= data.sites_from;
  },
  _containsPoint(point) {
    const reach = this.options.radius + this._clickTolerance();
    let nearest = this._isInReach() ? reach : 0;
    let hit = null;
    this._points.forEach((one, place) => {
      const distance = Math.abs(one.x - point.x) < nearest && one.distanceTo(point);
      if (distance !== false && distance < nearest) [nearest, hit] = [distance, this.ids[place]];
    });
    if (hit !== null) this.hit = hit;
    return hit !== null;
  },
});

function drawSites() {
  const idsOf = {};
  data.sites.layer.forEach((key, id) => (idsOf[key] ??= []).push(id));
  for (const [key, ids] of Object.entries(idsOf)) {
    const { fill, edge, radius } = data.layers[key];
    const mark = new Sites(ids, { color: edge, fillColor: fill, fullRadius: radius, radius, weight: 1, key });
    mark.bindTooltip(() => label(things.site.title(mark.hit)), { sticky: true });
    mark.on("mousemove", () => { if (mark.hit !== mark.told) mark.getTooltip().update(); mark.told = mark.hit; });
    mark.on("click", (event) => { L.DomEvent.stop(event); choose({ kind: "site", id: mark.hit }); });
    siteMarks.push(mark.addTo(layers[key]));
  }
}

function drawCorrections() {
  data.corrections.forEach((correction) => {
    const color = data.layers.corrections.edge;
    L.polyline([correction.from, correction.to], { interactive: false, color, weight: 1, dashArray: "4 4" })
      .addTo(layers.corrections);
    L.circleMarker(correction.to, { color, radius: 7, weight: 2, fill: false, interactive: false })
      .addTo(layers.corrections);
  });
}

function drawNames() {
  named.forEach((country) => {
    L.tooltip({ permanent: true, direction: "center", className: "country", interactive: false })
      .setLatLng(country.place).setContent(label(country.name)).addTo(layers.names);
  });
  data.towns.forEach((town) => {
    const from = town.large ? 0 : SMALL_TOWNS_FROM_ZOOM;
    L.tooltip({ permanent: true, direction: "right", offset: [4, 0], className: "town", interactive: false, from })
      .setLatLng(town.at).setContent(label(town.name)).addTo(layers.towns);
  });
}

// Names that would cover others, or leave the map, wait until there is room: the first ones are the largest. Small
// towns wait for a nearer view.
const SMALL_TOWNS_FROM_ZOOM = 7.5;

function makeRoom() {
  const frame = map.getContainer().getBoundingClientRect();
  const controls = document.querySelectorAll("#search, .leaflet-control-zoom");
  const taken = [...controls].map((node) => node.getBoundingClientRect());
  [layers.names, layers.towns].forEach((names) => names?.eachLayer((name) => {
    const node = name.getElement();
    if (!node) return;
    const { left, right, top, bottom } = node.getBoundingClientRect();
    const fits = (name.options.from ?? 0) <= map.getZoom() && left >= frame.left && right <= frame.right && top >= frame.top && bottom <= frame.bottom
      && !taken.some((box) => left < box.right && right > box.left && top < box.bottom && bottom > box.top);
    node.classList.toggle("crowded", !fits);
    if (fits) taken.push({ left, right, top, bottom });
  }));
}

function switchLayer(key, shown) {
  if (shown) layers[key].addTo(map);
  else layers[key].remove();
  restack();
  makeRoom();
}

function restack() {
  // What is switched on again would lie on top of the others.
  Object.values(layers)
    .filter((layer) => map.hasLayer(layer) && layer !== layers.names && layer !== layers.towns)
    .forEach((layer) => layer.bringToFront());
  outline.bringToFront();
}

// --- What is chosen

let chosen = null;
const outline = L.featureGroup().addTo(map);

// Sites are drawn smaller where many are seen at once.
const scale = () => Math.min(Math.max((map.getZoom() - 3) / 5, 0.5), 1);
const radiusOf = (site) => data.layers[data.sites.layer[site]].radius * scale();

function resize() {
  // Set directly: the map draws all anew after a zoom, and once is enough where there are many marks.
  const set = (mark, radius) => { mark._radius = mark.options.radius = radius; };
  siteMarks.forEach(({ options }) => Object.assign(options, { radius: options.fullRadius * scale(), weight: scale() }));
  // A mark stands for a cell, which it fills from some zoom on.
  seenMarks.forEach((mark) => set(mark, Math.min(Math.max(2 ** (map.getZoom() - 8), 0.9), 6)));
  drawOutline();
}

function drawOutline() {
  outline.clearLayers();
  if (!chosen) return;
  const { shape, at } = things[chosen.kind];
  const radius = (chosen.kind === "site" ? radiusOf(chosen.id) : 2) + 5;
  for (const [color, weight] of [[data.background.halo, 6], [data.background.chosen, 3]]) {
    const style = { color, weight, fill: false, interactive: false };
    if (shape) polygon(shape(chosen.id), style).addTo(outline);
    else L.circleMarker(at(chosen.id), { ...style, radius }).addTo(outline);
  }
}

function choose(what) {
  chosen = what;
  drawOutline();
  tell(chosen);
  document.querySelectorAll("tr.chosen").forEach((row) => row.classList.remove("chosen"));
  remember();
}

// On a narrow screen the sheet covers the lower part.
const covered = () => (getComputedStyle(sheet).display === "none" ? 0 : 160);
const room = () => ({ animate: !still, paddingTopLeft: [30, 50], paddingBottomRight: [30, 20 + covered()] });

function show(what) {
  choose(what);
  const options = { ...room(), maxZoom: 9 };
  const { shape, at } = things[what.kind];
  if (shape) map.fitBounds(L.polygon(shape(what.id)).getBounds(), options);
  else map.setView(at(what.id), Math.max(map.getZoom(), 9), options);
}

function startMap() {
  drawBackground();
  drawWaters();
  drawRegions();
  drawZones();
  drawSeen();
  drawCorrections();
  drawSites();
  drawNames();
  map.fitBounds(view, { animate: false, paddingBottomRight: [0, covered()] });
  map.on("zoomend", resize);
  map.on("zoomend moveend resize", makeRoom);
  map.on("click", () => choose(null));
  resize();
  map.setMinZoom(map.getBoundsZoom(map.options.maxBounds, true));
  L.control.zoom({ position: "topright", zoomInTitle: words.js_zoom_in, zoomOutTitle: words.js_zoom_out }).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
  const titled = { title: words.js_whole, "aria-label": words.js_whole };
  const whole = element("a", "⤢", { href: "#", role: "button", class: "leaflet-whole", ...titled });
  map.getContainer().querySelector(".leaflet-control-zoom").append(whole);
  L.DomEvent.on(whole, "click", (event) => { L.DomEvent.stop(event); map.fitBounds(view, { animate: !still, paddingBottomRight: [0, covered()] }); });
}
