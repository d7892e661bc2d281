// The browser's part of the dashboard: colours, drill-down, filters to address, tables, heatmap, age.
// Popovers and the theme are the shell's.
(() => {
  "use strict";
  const NARROW = matchMedia("(max-width: 760px)");
  const DARK = matchMedia("(prefers-color-scheme: dark)");
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
      all("[data-table]").forEach(fillTable);
      all("[data-spark]").forEach(drawSpark);
      drawHeat(byId("heat"));
      drawIcons();
      sayAge();
      keepFocus();
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

  // ---- Tables: written when somebody can see them.
  function cellOf(cell) {
    if (Array.isArray(cell)) return [el("a", { href: cell[1] }, cell[0])];
    if (!cell.initials) return [cell];
    return [el("span", { class: `av xs h${cell.hue}`, "aria-hidden": "true" }, cell.initials), cell.name];
  }
  function fillTable(box) {
    const details = box.closest("details");
    if (!payload || (details && !details.open)) return;
    const { head, rows, sorted } = payload.tables[box.dataset.table];
    const line = (cells, scope) => {
      const nodes = cells.map((cell, index) => {
        const heads = !index || scope === "col";
        const attributes = { ...(heads && { scope }), ...(index && { class: "num" }) };
        return el(heads ? "th" : "td", attributes, ...cellOf(cell));
      });
      return el("tr", {}, ...nodes);
    };
    const top = line(head, "col");
    if (sorted) top.cells[sorted].setAttribute("aria-sort", "descending");
    box.replaceChildren(
      el("table", {}, el("thead", {}, top), el("tbody", {}, ...rows.map((cells) => line(cells, "row")))),
    );
  }
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
    return { head: ["Hour", ...DAYS], rows };
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
    write(byId("data-age-too"), ` · d${text}`);
    byId("data-age")?.classList.toggle("stale", age > 120);
  }
  setInterval(sayAge, 1000);

  // ---- Filters are links; followed here they only change the address, which asks the server.
  let focused = null;
  function go(address) {
    focused = document.activeElement?.dataset?.nav ?? null;
    set("url", { search: new URL(address, location.href).search });
  }
  function keepFocus() {
    if (focused && document.activeElement === document.body)
      document.querySelector(`[data-nav="${CSS.escape(focused)}"]`)?.focus();
    focused = null;
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-nav]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(link.href);
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
    const fields = new URLSearchParams(location.search);
    fields.delete("period");
    fields.set("from", from);
    fields.set("to", to);
    go(`?${fields}`);
  });

  // ---- Drill-down
  function follow(address) {
    if (typeof address === "string" && /^\/(?!\/)/.test(address)) location.assign(address);
  }
  function open() {
    const [event] = window.dash_clientside.callback_context.triggered;
    follow(event?.value?.points?.[0]?.customdata);
  }
  document.addEventListener("click", ({ target }) => follow(target.dataset?.open));

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
    ledgerdeskReports: { paint, open, beat },
  });
})();
