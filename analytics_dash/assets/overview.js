// The browser's part of the dashboard: colours, drill-down, zoom, filters to address, tables, heatmap, age.
// Popovers and the theme are the shell's.
(() => {
  "use strict";
  const NARROW = matchMedia("screen and (max-width: 760px)");
  const DARK = matchMedia("(prefers-color-scheme: dark)");
  const COARSE = matchMedia("(pointer: coarse)");
  const TOKEN = /^(var\(--[\w-]+, #[0-9A-Fa-f]{6}\))(?: \/ ([\d.]+))?$/;
  const SVG = "http://www.w3.org/2000/svg";
  const byId = (id) => document.getElementById(id);
  const all = (selector) => document.querySelectorAll(selector);
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  let payload = null;
  let receivedAt = 0;

  // plotly.js comes from an address that changes with its content; Dash would ask for a fixed one.
  const bundle = byId("plotly-bundle");
  if (bundle) {
    Object.defineProperty(window, "_dashPlotlyJSURL", { get: () => bundle.href, set: () => {} });
  }

  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }
  function svg(tag, attributes, ...children) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  // ---- Putting answers into the page: what is there stays the same node, so that an answer takes nobody's focus, key
  // or click away. A part is a text or {type, props}, as Dash writes its components.
  const ATTRIBUTES = { className: "class", htmlFor: "for" };
  const written = new WeakMap(); // node -> names of the attributes that this script set
  const listOf = (children) => [children ?? []].flat().filter((part) => part !== null && part !== "");
  const nameOf = (node) => node.dataset?.nav ?? node.dataset?.key ?? (node.id || node.nodeName).toLowerCase();
  const nameOfPart = ({ type, props }) =>
    type ? (props["data-nav"] ?? props["data-key"] ?? (props.id || type).toLowerCase()) : "#text";

  function patch(parent, parts) {
    const present = new Map();
    for (const node of parent.childNodes) {
      const name = nameOf(node);
      present.set(name, [...(present.get(name) ?? []), node]);
    }
    const nodes = listOf(parts).map((part) => {
      const node = present.get(nameOfPart(part))?.shift();
      if (part.type) return write(node ?? document.createElement(part.type), part.props);
      const text = node ?? document.createTextNode("");
      if (text.data !== String(part)) text.data = part;
      return text;
    });
    arrange(parent, nodes);
  }
  function write(node, { children, value, ...props }) {
    const wanted = new Map();
    for (const [name, given] of Object.entries(props))
      if (given !== false && given !== null)
        wanted.set(ATTRIBUTES[name] ?? name, given === true ? "" : String(given));
    for (const name of written.get(node) ?? []) if (!wanted.has(name)) node.removeAttribute(name);
    for (const [name, text] of wanted) if (node.getAttribute(name) !== text) node.setAttribute(name, text);
    written.set(node, [...wanted.keys()]);
    if (value !== undefined && node.value !== value && node !== document.activeElement) node.value = value;
    if (children !== undefined) patch(node, children);
    return node;
  }
  /** Put nodes into an order; the one with the focus, or under a pressed button, is never moved. */
  function arrange(parent, nodes) {
    const wanted = new Set(nodes);
    for (const node of [...parent.childNodes]) if (!wanted.has(node)) node.remove();
    const held = [document.activeElement, document.querySelector("a:active, button:active")];
    const fixed = nodes.find((node) =>
      held.some((one) => one && node.contains(one) && parent.contains(node)),
    );
    const at = fixed ? nodes.indexOf(fixed) : nodes.length;
    nodes.slice(0, at).forEach((node, index) => {
      const next = index ? nodes[index - 1].nextSibling : parent.firstChild;
      if (next !== node) parent.insertBefore(node, next);
    });
    let last = fixed;
    for (const node of nodes.slice(at + 1)) {
      if (last.nextSibling !== node) parent.insertBefore(node, last.nextSibling);
      last = node;
    }
  }
  function put({ parts, hidden }) {
    for (const [id, children] of Object.entries(parts)) if (byId(id)) patch(byId(id), children);
    for (const [id, away] of Object.entries(hidden)) byId(id)?.toggleAttribute("hidden", away);
  }

  // ---- Colours: figures name tokens, the stylesheet knows their values in the present theme.
  function resolver() {
    const probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
    const known = new Map();
    const colour = (text) => {
      const [, name, alpha] = TOKEN.exec(text);
      probe.style.color = name;
      const solid = getComputedStyle(probe).color;
      return alpha ? solid.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`) : solid;
    };
    const walk = (value) => {
      if (typeof value === "string") {
        if (!TOKEN.test(value)) return value;
        if (!known.has(value)) known.set(value, colour(value));
        return known.get(value);
      }
      if (Array.isArray(value)) return value.map(walk);
      if (value === null || typeof value !== "object") return value;
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
    };
    return { walk, done: () => probe.remove() };
  }

  function fit(figure) {
    const layout = figure.layout;
    if (NARROW.matches && layout.annotations?.some((one) => one.name === "direct")) {
      layout.annotations = layout.annotations.filter((one) => one.name !== "direct");
      layout.margin.r = 18;
    }
    if (COARSE.matches) layout.dragmode = false; // a finger scrolls the page
    return figure;
  }

  function paint(answer) {
    if (!answer) return window.dash_clientside.no_update;
    const context = window.dash_clientside.callback_context;
    // A change of theme paints again what was there, at its age.
    if (context.triggered.some((one) => one.prop_id === "payload.data")) {
      receivedAt = performance.now();
      payload = { ...answer, tables: { ...answer.tables, arrivals: hoursAsRows(answer) } };
    }
    const colours = resolver();
    const order = context.outputs_list.map((one) => one.id.slice(6));
    const figures = order.map((name) => fit(colours.walk(payload.figures[name])));
    colours.done();
    byId("unreachable")?.setAttribute("hidden", "");
    requestAnimationFrame(() => {
      put(payload);
      all("[data-table]").forEach(fillTable);
      all("[data-spark]").forEach(drawSpark);
      drawHeat(byId("heat"));
      drawIcons();
      sayAge();
    });
    return figures;
  }

  const repaint = () => set("theme", { data: Date.now() });
  NARROW.addEventListener("change", repaint);
  DARK.addEventListener("change", repaint);
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  function drawIcons() {
    const sprite = document.querySelector("use[href*='#']")?.getAttribute("href").split("#")[0];
    if (!sprite) return;
    all("[data-icon]").forEach((place) => {
      const href = `${sprite}#${place.dataset.icon}`;
      if (place.querySelector("use")?.getAttribute("href") === href) return;
      place.replaceChildren(svg("svg", { class: "i" }, svg("use", { href })));
    });
  }

  // ---- Tables: written when somebody can see them, in the order that they chose.
  const ALPHABET = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const chosen = {}; // table -> {column, down}
  const wordOf = (cell) => (Array.isArray(cell) ? cell[0] : cell);

  function ordered({ rows, keys, ordered: asGiven, up }, { column, down }) {
    const places = rows.slice(0, keys.length).map((_, place) => place);
    const compare = (a, b) => {
      if (!column)
        return asGiven ? (up ? a - b : b - a) : ALPHABET.compare(wordOf(rows[a][0]), wordOf(rows[b][0]));
      const [left, right] = [keys[a][column - 1], keys[b][column - 1]];
      if (left === null || right === null) return ((left === null) - (right === null)) * (down ? -1 : 1);
      return left - right;
    };
    places.sort((a, b) => compare(a, b) * (down ? -1 : 1) || a - b);
    return [...places, ...rows.keys()]
      .slice(0, rows.length)
      .map((place, at) => (at < keys.length ? place : at));
  }
  function fillTable(box) {
    const details = box.closest("details");
    if (!payload || (details && !details.open)) return;
    const name = box.dataset.table;
    const shown = payload.tables[name];
    const { head, columns, people, most } = shown;
    const table = payload.tables[shown.of ?? name];
    chosen[name] ??= { column: table.sorted, down: !table.up };
    const places = ordered(table, chosen[name]).filter((place) => !people || people[place]);
    const cellsOf = (cells) => (columns ? columns.map((column) => cells[column]) : cells);
    const cellOf = (cell, index, place) => {
      const link = Array.isArray(cell) ? [{ type: "A", props: { href: cell[1], children: cell[0] } }] : cell;
      const content = !index && people ? [initials(people[place]), cell] : link;
      return index
        ? { type: "TD", props: { class: "num", children: content } }
        : { type: "TH", props: { scope: "row", children: content } };
    };
    const row = (place) => ({
      type: "TR",
      props: {
        "data-key": `row-${wordOf(table.rows[place][0])}`,
        children: cellsOf(table.rows[place]).map((cell, index) => cellOf(cell, index, place)),
      },
    });
    const headOf = (text, index) => {
      const column = columns ? columns[index] : index;
      const { column: current, down } = chosen[name];
      const order = column === current ? (down ? "descending" : "ascending") : null;
      const button = { type: "BUTTON", props: { type: "button", "data-sort": column, children: text } };
      return {
        type: "TH",
        props: { scope: "col", class: index ? "num" : null, "aria-sort": order, children: button },
      };
    };
    const body = places.slice(0, most ?? places.length).map(row);
    patch(box, {
      type: "TABLE",
      props: {
        children: [
          { type: "THEAD", props: { children: { type: "TR", props: { children: head.map(headOf) } } } },
          { type: "TBODY", props: { children: body } },
        ],
      },
    });
  }
  const initials = ([text, hue]) => ({
    type: "SPAN",
    props: { class: `av xs h${hue}`, "aria-hidden": "true", children: text },
  });
  document.addEventListener("click", ({ target }) => {
    const column = target.dataset?.sort;
    if (column === undefined) return;
    const box = target.closest("[data-table]");
    const before = chosen[box.dataset.table];
    const again = before.column === Number(column);
    // The largest number first, the first name first.
    chosen[box.dataset.table] = { column: Number(column), down: again ? !before.down : column !== "0" };
    fillTable(box);
  });
  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.matches?.(".as-table"))
        event.target.querySelectorAll("[data-table]").forEach(fillTable);
    },
    true,
  );

  // ---- Sparklines
  function drawSpark(box) {
    const values = payload.sparks[box.dataset.spark];
    if (!values || values.length < 2) return;
    const low = Math.min(...values);
    const scale = Math.max(...values) - low || 1;
    const points = values.map((value, i) => [
      2 + (46 * i) / (values.length - 1),
      16 - (13 * (value - low)) / scale,
    ]);
    const [cx, cy] = points.at(-1);
    box.replaceChildren(
      svg(
        "svg",
        { viewBox: "0 0 51 19" },
        svg("polyline", { points: points.join(" ") }),
        svg("circle", { cx, cy, r: 2 }),
      ),
    );
  }

  // ---- Arrivals: eight steps from none to the busiest hour.
  const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  function hoursAsRows({ heat, heat_url }) {
    const cell = (count, day, hour) => {
      const text = count.toLocaleString("en");
      return count ? [text, heat_url + (24 * day + hour)] : text;
    };
    const rows = heat[0].map((_, hour) => [
      `${String(hour).padStart(2, "0")}:00`,
      ...heat.map((counts, day) => cell(counts[hour], day, hour)),
    ]);
    const keys = heat[0].map((_, hour) => heat.map((counts) => counts[hour]));
    return { head: ["Hour", ...DAYS], rows, keys, sorted: 0, ordered: true, up: true };
  }
  function drawHeat(box) {
    if (!box) return;
    const most = Math.max(...payload.heat.flat());
    byId("heat-most").textContent = most;
    const cells = payload.heat.flatMap((hours, day) => [
      el("span", {}, DAYS[day]),
      ...hours.map((count, hour) => {
        const cell = el("i", {
          "data-tip": `${DAYS[day]}, ${hour}:00 to ${hour + 1}:00: ${count} created`,
          ...(count && { "data-open": payload.heat_url + (24 * day + hour) }),
        });
        cell.style.setProperty("--step", count && Math.max(1, Math.round((7 * count) / most)));
        return cell;
      }),
    ]);
    const hours = [0, 4, 8, 12, 16, 20].map((hour) => el("b", {}, `${String(hour).padStart(2, "0")}:00`));
    box.replaceChildren(...cells, ...hours);
  }
  document.addEventListener("pointerover", ({ target }) => {
    const text = target.dataset?.tip;
    const tip =
      byId("chart-tip") ?? document.body.appendChild(el("div", { id: "chart-tip", "aria-hidden": "true" }));
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const box = target.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(box.left + box.width / 2 - tip.offsetWidth / 2, innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${box.top - tip.offsetHeight - 6}px`;
  });

  // ---- The age of the data goes on while the page stands.
  const duration = (seconds) =>
    seconds < 60
      ? `${Math.round(seconds)} s`
      : seconds < 3600
        ? `${Math.round(seconds / 60)} min`
        : `${Math.round(seconds / 3600)} h`;
  function sayAge() {
    if (!payload) return;
    const age = payload.age + (performance.now() - receivedAt) / 1000;
    const text = `ata ${duration(age)} old`;
    const write = (place, text) => {
      if (place && place.textContent !== text) place.textContent = text;
    };
    write(byId("data-age"), `D${text}`);
    write(byId("data-age-too"), `D${text}`);
    byId("data-age")?.classList.toggle("stale", age > 120);
  }
  setInterval(sayAge, 1000);

  // ---- Filters are links; followed here they only change the address, which asks the server. Each says what it
  // changes: it may be followed before the answer to the one before has arrived.
  let asked = null;
  const present = () => asked ?? location.search;
  addEventListener("popstate", () => (asked = null));
  function go(fields) {
    asked = new URL(`?${fields}`, location.href).search;
    set("url", { search: asked });
  }
  function toggle(link) {
    const [[name, value]] = new URLSearchParams(link.dataset.toggle);
    const on = link.getAttribute("aria-checked") !== "true";
    const fields = new URLSearchParams(present());
    const others = fields.getAll(name).filter((one) => one !== value);
    fields.delete(name);
    for (const one of on ? [...others, value] : others) fields.append(name, one);
    link.setAttribute("aria-checked", on);
    go(fields);
  }
  function change(text) {
    const fields = new URLSearchParams(present());
    for (const [name, value] of new URLSearchParams(text))
      value ? fields.set(name, value) : fields.delete(name);
    go(fields);
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-nav]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if (link.dataset.toggle) toggle(link);
    else change(link.dataset.change);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches?.('a[role="checkbox"]')) return;
    event.preventDefault();
    event.target.click();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.closest?.(".range")) return;
    const [from, to] = [byId("from").value, byId("to").value];
    // A year typed digit by digit is three wrong years first.
    if (from < "1900" || to < "1900") return;
    change(`period=&from=${from}&to=${to}`);
  });

  /** Show the filter bar that belongs to an address, unless somebody has gone on meanwhile. */
  function dress(bar) {
    if (!bar || bar.search !== present()) return;
    asked = null;
    const focused = document.activeElement;
    put(bar);
    all(".report-choice").forEach(narrow);
    drawIcons();
    // "Clear" goes with what it cleared.
    if (focused?.dataset?.nav && !focused.isConnected)
      (document.querySelector(".report-choice:popover-open a") ?? byId("periods").firstElementChild).focus();
  }

  // ---- Long lists of options are searched: by any part of a name, without case and accents.
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  function narrow(list) {
    const words = plain(list.querySelector(".choice-search")?.value ?? "").split(/\s+/);
    for (const item of list.querySelectorAll("[role=checkbox]")) {
      const text = plain(item.textContent);
      item.hidden = !words.every((word) => text.includes(word));
    }
  }
  document.addEventListener("input", ({ target }) => {
    if (target.matches?.(".choice-search")) narrow(target.parentElement);
  });

  // ---- Dragging over days narrows the period to them: everything on the page follows, and Back undoes it.
  let drag = null;
  let dragged = false;
  addEventListener(
    "pointerdown",
    ({ clientX, clientY }) => ([drag, dragged] = [[clientX, clientY], false]),
    true,
  );
  addEventListener(
    "pointerup",
    ({ clientX, clientY }) => {
      if (drag) dragged = Math.hypot(clientX - drag[0], clientY - drag[1]) > 5;
      drag = null;
    },
    true,
  );
  function zoom() {
    const [event] = window.dash_clientside.callback_context.triggered;
    const [first, last] = [event?.value?.["xaxis.range[0]"], event?.value?.["xaxis.range[1]"]];
    if (!first || !last) return;
    const name = event.prop_id.split(".")[0].slice(6);
    const days = payload.figures[name].data[0].x;
    const inside = days.filter((day) => day >= first && day <= last);
    // Between two points lies the one before.
    const from = inside[0] ?? days.findLast((day) => day <= last) ?? days[0];
    const after = days[days.indexOf(inside.at(-1) ?? from) + 1];
    const to = after ? new Date(Date.parse(after) - 864e5).toISOString().slice(0, 10) : byId("to").value;
    change(`period=&from=${from}&to=${to}`);
  }

  // ---- Drill-down
  function follow(address) {
    if (typeof address === "string" && /^\/(?!\/)/.test(address)) location.assign(address);
  }
  function open() {
    if (dragged) return;
    const [event] = window.dash_clientside.callback_context.triggered;
    follow(event?.value?.points?.[0]?.customdata);
  }
  document.addEventListener("click", ({ target }) => follow(target.dataset?.open));

  // ---- On paper a drawing is light, keeps its shape and takes the width that there is.
  let theme = null;
  addEventListener("beforeprint", () => {
    theme = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    const colours = resolver();
    for (const [name, figure] of Object.entries(payload?.figures ?? {})) {
      const { data, layout } = fit(colours.walk(figure));
      window.Plotly.react(byId(`graph-${name}`).querySelector(".js-plotly-plot"), data, layout);
    }
    colours.done();
    for (const box of all(".chart-box")) {
      box.style.setProperty("--ratio", box.offsetWidth / box.offsetHeight);
      for (const drawing of box.querySelectorAll(".main-svg"))
        drawing.setAttribute("viewBox", `0 0 ${box.offsetWidth} ${box.offsetHeight}`);
    }
  });
  addEventListener("afterprint", () => {
    document.documentElement.dataset.theme = theme; // which paints again
    for (const box of all(".chart-box")) box.style.removeProperty("--ratio");
    for (const drawing of all(".chart-box .main-svg")) drawing.removeAttribute("viewBox");
  });

  // ---- Refresh, only for somebody who is looking and not in the middle of something.
  function beat(count) {
    return document.hidden || document.querySelector(".report :popover-open")
      ? window.dash_clientside.no_update
      : count;
  }

  // A session that ended answers 401: the page then asks for the login. Other failures are said, not thrown.
  const ask = window.fetch;
  window.fetch = async (...args) => {
    const failed = () => byId("unreachable")?.removeAttribute("hidden");
    const ours = String(args[0]?.url ?? args[0]).includes("/_dash-update-component");
    let response;
    try {
      response = await ask(...args);
    } catch (error) {
      if (ours) failed();
      throw error;
    }
    if (ours && (response.status === 401 || response.redirected)) location.reload();
    else if (ours && response.status >= 400) failed();
    return response;
  };

  byId("copy-link")?.addEventListener("click", async ({ currentTarget }) => {
    const label = currentTarget.querySelector("span");
    try {
      await navigator.clipboard.writeText(location.href);
      label.textContent = "Copied";
    } catch {
      label.textContent = "Copy it from the address bar";
    }
    setTimeout(() => (label.textContent = "Copy link"), 2000);
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    ledgerdeskReports: { paint, dress, zoom, open, beat },
  });
})();
