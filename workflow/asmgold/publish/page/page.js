"use strict";
// The map and the tables. Everything that comes from the data is put in place as text (textContent), never as markup.

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words;
  const panel = document.getElementById("panel");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const ROWS_AT_FIRST = 100;

  // --- Text

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

  const regionTitle = (region) => filled(words.region_number, { number: region + 1 });
  const siteTitle = (site) => data.sites.name[site];

  // --- The panel

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

  function link(site) {
    const own = data.sites.url[site];
    const address = own || data.pages[data.sites.source[site]];
    const text = own ? words.js_usgs : words.js_dataset;
    return address ? element("a", text, { href: address, rel: "noopener noreferrer" }) : "";
  }

  const siteButton = (site) => element("button", siteTitle(site), { type: "button", class: "pick", "data-site": site });
  const regionButton = (region, text) =>
    element("button", text, { type: "button", class: "pick", "data-region": region });

  function tellRegion(number_) {
    const region = data.regions[number_];
    const records = element("ol");
    sitesOf[number_].forEach((site) => {
      const item = element("li");
      const about = element("small", `${data.sites.commodities[site]} · ${data.sites.role[site]} `);
      if (data.sites.url[site]) about.append(link(site)); // that of the dataset would stand in most lines
      item.append(siteButton(site), about);
      records.append(item);
    });
    panel.replaceChildren(
      element("h3", regionTitle(number_)),
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
    );
    panel.scrollTop = 0;
  }

  function tellSite(site) {
    const of = (column) => data.sites[column][site];
    const moved = of("moved");
    panel.replaceChildren(
      element("h3", siteTitle(site)),
      facts([
        [words.js_commodities, of("commodities")],
        [words.js_gold, of("role")],
        [words.js_status, of("status")],
        [words.js_type, of("type")],
        [words.source, of("source")],
        [words.js_id, of("id")],
        [words.js_position, position(of("at"))],
        [words.js_moved, moved && position(moved)],
        [words.js_country, of("country")],
        [words.js_flags, of("flags")],
      ]),
    );
    const links = element("p");
    links.append(regionButton(of("region"), `${words.js_show_region}: ${regionTitle(of("region"))}`));
    links.append(element("br"), link(site));
    panel.append(links);
    panel.scrollTop = 0;
  }

  // --- The map

  const sitesOf = data.regions.map(() => []);
  data.sites.region.forEach((region, site) => sitesOf[region].push(site));

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

  const layers = Object.fromEntries(Object.keys(data.layers).map((key) => [key, L.featureGroup()]));
  const regionShapes = [];
  const siteMarks = [];

  function drawRegions() {
    const { fill, edge } = data.layers.regions;
    data.regions.forEach((region, number_) => {
      const shape = polygon(region.shape, { color: edge, weight: 1, fillColor: fill, fillOpacity: 0.7 });
      shape.bindTooltip(() => label(regionTitle(number_)), { sticky: true });
      shape.on("click", () => choose({ region: number_ }));
      regionShapes.push(shape.addTo(layers.regions));
    });
  }

  function drawZones() {
    for (const [key, shapes] of Object.entries(data.zones)) {
      const { fill, edge } = data.layers[key];
      const style = { interactive: false, weight: 1, color: edge, fillColor: fill, fillOpacity: 1 };
      shapes.forEach((shape) => polygon(shape, style).addTo(layers[key]));
    }
    for (const [key, shapes] of Object.entries(data.overlays)) {
      const { edge, thin } = data.layers[key];
      const style = { interactive: false, fill: false, weight: thin ? 0.8 : 2, color: edge };
      shapes.forEach((shape) => polygon(shape, style).addTo(layers[key]));
    }
  }

  const seenMarks = [];

  function drawSeen() {
    for (const [key, places] of Object.entries(data.seen)) {
      const style = { interactive: false, stroke: false, fillColor: data.layers[key].fill, fillOpacity: 0.85 };
      places.forEach((at) => seenMarks.push(L.circleMarker(at, style).addTo(layers[key])));
    }
  }

  function drawSites() {
    data.sites.at.forEach((at, site) => {
      const { fill, edge } = data.layers[data.sites.layer[site]];
      const mark = L.circleMarker(at, { weight: 1, color: edge, fillColor: fill, fillOpacity: 1 });
      mark.bindTooltip(() => label(siteTitle(site)));
      mark.on("click", (event) => { L.DomEvent.stop(event); choose({ site }); });
      siteMarks.push(mark.addTo(layers[data.sites.layer[site]]));
    });
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
    data.countries.filter((country) => country.name !== null).forEach((country) => {
      L.tooltip({ permanent: true, direction: "center", className: "country", interactive: false })
        .setLatLng(country.place).setContent(label(country.name)).addTo(layers.names);
    });
  }

  // Names that would cover others, or leave the map, wait until there is room: the first ones are the largest.
  function makeRoom() {
    const frame = map.getContainer().getBoundingClientRect();
    const taken = [];
    layers.names.eachLayer((name) => {
      const node = name.getElement();
      if (!node) return;
      const { left, right, top, bottom } = node.getBoundingClientRect();
      const fits = left >= frame.left && right <= frame.right && top >= frame.top && bottom <= frame.bottom
        && !taken.some((box) => left < box.right && right > box.left && top < box.bottom && bottom > box.top);
      node.classList.toggle("crowded", !fits);
      if (fits) taken.push({ left, right, top, bottom });
    });
  }

  function switchLayer(key, shown) {
    if (shown) layers[key].addTo(map);
    else layers[key].remove();
    // What is switched on again would lie on top of the others.
    Object.values(layers)
      .filter((layer) => map.hasLayer(layer) && layer !== layers.names)
      .forEach((layer) => layer.bringToFront());
    makeRoom();
  }

  let chosen = {};

  // Sites are drawn smaller where many are seen at once.
  const scale = () => Math.min(Math.max((map.getZoom() - 3) / 5, 0.5), 1);

  function size(site) {
    return data.layers[data.sites.layer[site]].radius * scale() + (chosen.site === site ? 3 : 0);
  }

  function highlight(on) {
    if (chosen.region !== undefined) {
      const edge = data.layers.regions.edge;
      regionShapes[chosen.region].setStyle(on ? { weight: 3, color: "#1b2126" } : { weight: 1, color: edge });
    }
    if (chosen.site !== undefined) {
      const { edge } = data.layers[data.sites.layer[chosen.site]];
      siteMarks[chosen.site].setStyle({ color: on ? "#1b2126" : edge });
    }
    document.querySelectorAll("tr.chosen").forEach((row) => row.classList.remove("chosen"));
  }

  function resize() {
    siteMarks.forEach((mark, site) => {
      mark.setRadius(size(site));
      mark.setStyle({ weight: chosen.site === site ? 3 : scale() });
    });
    // A mark stands for a cell, which it fills from some zoom on.
    seenMarks.forEach((mark) => mark.setRadius(Math.min(Math.max(2 ** (map.getZoom() - 8), 0.9), 6)));
  }

  function choose(what) {
    highlight(false);
    chosen = what;
    highlight(true);
    resize();
    if (what.site !== undefined) tellSite(what.site);
    else tellRegion(what.region);
  }

  function show(what) {
    choose(what);
    const options = { animate: !still, maxZoom: 9, padding: [30, 30] };
    if (what.region !== undefined) map.fitBounds(regionShapes[what.region].getBounds(), options);
    else map.setView(siteMarks[what.site].getLatLng(), Math.max(map.getZoom(), 9), options);
  }

  function startMap() {
    drawBackground();
    drawRegions();
    drawZones();
    drawSeen();
    drawCorrections();
    drawSites();
    drawNames();
    map.fitBounds(view, { animate: false });
    map.on("zoomend", resize);
    map.on("zoomend moveend resize", makeRoom);
    resize();
    map.setMinZoom(map.getBoundsZoom(map.options.maxBounds, true));
    L.control.zoom({ zoomInTitle: words.js_zoom_in, zoomOutTitle: words.js_zoom_out }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    const named = { title: words.js_whole, "aria-label": words.js_whole };
    const whole = element("a", "⤢", { href: "#", role: "button", class: "leaflet-whole", ...named });
    map.getContainer().querySelector(".leaflet-control-zoom").append(whole);
    L.DomEvent.on(whole, "click", (event) => { L.DomEvent.stop(event); map.fitBounds(view, { animate: !still }); });
    document.querySelectorAll("[data-layer]").forEach((box) => {
      switchLayer(box.dataset.layer, box.checked);
      box.addEventListener("change", () => switchLayer(box.dataset.layer, box.checked));
    });
    if (matchMedia("(max-width: 60rem)").matches) document.getElementById("layers").open = false;
  }

  document.addEventListener("click", (event) => {
    const row = event.target.closest("main .scroll tbody tr");
    if (event.target.closest("a")) return;
    const button = event.target.closest(".pick") || (row && !getSelection().toString() && row.querySelector(".pick"));
    if (!button) return;
    const { region, site } = button.dataset;
    show(site === undefined ? { region: Number(region) } : { site: Number(site) });
    if (row) {
      row.classList.add("chosen");
      document.getElementById("map-section").scrollIntoView({ behavior: still ? "auto" : "smooth" });
    }
    panel.focus({ preventScroll: true });
  });

  // --- The tables

  function siteRows() {
    return data.sites.id.map((id, site) => {
      const row = element("tr");
      const cells = [siteButton(site), regionButton(data.sites.region[site], regionTitle(data.sites.region[site])),
        data.sites.commodities[site], data.sites.role[site], data.sites.source[site], id];
      row.append(...cells.map((content) => { const cell = element("td"); cell.append(content); return cell; }));
      row.cells[1].dataset.value = data.sites.region[site];
      return row;
    });
  }

  const collator = new Intl.Collator(data.language, { numeric: true });

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
    const more = element("button", undefined, { type: "button", class: "more" });
    table.append(more);
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

  startMap();
  document.querySelectorAll(".table").forEach(enliven);
})();
