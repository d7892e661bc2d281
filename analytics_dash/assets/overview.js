// The browser's part of the dashboard: colours, drill-down, filters to address, tables, sparklines, age.
(() => {
  "use strict";
  const NARROW = matchMedia("(max-width: 760px)");
  const DARK = matchMedia("(prefers-color-scheme: dark)");
  const TOKEN = /^(var\(--[\w-]+, #[0-9A-Fa-f]{6}\))(?: \/ ([\d.]+))?$/;
  const byId = (id) => document.getElementById(id);
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  let payload = null;
  let receivedAt = 0;

  // plotly.js comes from an address that changes with its content; Dash would ask for a fixed one.
  const bundle = byId("plotly-bundle");
  if (bundle) {
    Object.defineProperty(window, "_dashPlotlyJSURL", { get: () => bundle.href, set: () => {} });
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
    if (NARROW.matches && layout.annotations) {
      layout.annotations = layout.annotations.filter((one) => one.name !== "direct");
      layout.margin.r = Math.min(layout.margin.r, 14);
      layout.margin.l = Math.min(layout.margin.l, 38);
    }
    return figure;
  }

  function paint(fresh) {
    if (!fresh) return window.dash_clientside.no_update;
    if (fresh !== payload) receivedAt = performance.now();
    payload = fresh;
    const colours = resolver();
    const order = window.dash_clientside.callback_context.outputs_list.map((one) => one.id.slice(6));
    const figures = order.map((name) => fit(colours.walk(fresh.figures[name])));
    colours.done();
    byId("unreachable")?.setAttribute("hidden", "");
    requestAnimationFrame(() => {
      document.querySelectorAll("[data-table]").forEach(fillTable);
      document.querySelectorAll("[data-spark]").forEach(drawSpark);
      sayAge();
      keepFocus();
    });
    return figures;
  }

  const repaint = () => set("theme", { data: Date.now() });
  NARROW.addEventListener("change", repaint);
  DARK.addEventListener("change", repaint);
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  function avatar({ initials, hue }) {
    const mark = document.createElement("span");
    mark.className = `av xs h${hue}`;
    mark.textContent = initials;
    mark.ariaHidden = "true";
    return mark;
  }

  // ---- Tables: written when somebody can see them.
  function fillTable(box) {
    const details = box.closest("details");
    if (!payload || (details && !details.open)) return;
    const { head, rows } = payload.tables[box.dataset.table];
    const table = document.createElement("table");
    const line = (cells, tag, scope) => {
      const row = document.createElement("tr");
      cells.forEach((cell, index) => {
        const element = document.createElement(index ? tag : "th");
        element.scope = index ? "" : scope;
        if (scope === "col") element.scope = "col";
        if (!element.scope) element.removeAttribute("scope");
        if (index) element.className = "num";
        if (cell.initials) {
          element.append(avatar(cell), cell.name);
          row.append(element);
          return;
        }
        const target = Array.isArray(cell) ? document.createElement("a") : element;
        target.textContent = Array.isArray(cell) ? cell[0] : cell;
        if (target !== element) {
          target.href = cell[1];
          element.append(target);
        }
        row.append(element);
      });
      return row;
    };
    table.createTHead().append(line(head, "th", "col"));
    table.createTBody().append(...rows.map((cells) => line(cells, "td", "row")));
    box.replaceChildren(table);
  }
  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.matches?.(".as-table")) event.target.querySelectorAll("[data-table]").forEach(fillTable);
    },
    true,
  );

  // ---- Sparklines
  function drawSpark(box) {
    const values = payload?.sparks[box.dataset.spark];
    if (!values || values.length < 2) return;
    const low = Math.min(...values);
    const scale = Math.max(...values) - low || 1;
    const points = values.map((value, i) => [2 + (46 * i) / (values.length - 1), 16 - (13 * (value - low)) / scale]);
    const make = (tag, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
      Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
      return element;
    };
    const svg = make("svg", { viewBox: "0 0 51 19" });
    const [x, y] = points.at(-1);
    svg.append(make("polyline", { points: points.join(" ") }), make("circle", { cx: x, cy: y, r: 2 }));
    box.replaceChildren(svg);
  }

  // ---- The age of the data goes on while the page stands.
  const says = (seconds) =>
    seconds < 60 ? `${Math.round(seconds)} s` : seconds < 3600 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
  function sayAge() {
    const place = byId("data-age");
    if (!place || !payload) return;
    const age = payload.age + (performance.now() - receivedAt) / 1000;
    const text = `Data ${says(age)} old`;
    if (place.textContent !== text) place.textContent = text;
    place.classList.toggle("stale", age > 120);
    place.hidden = false;
  }
  setInterval(sayAge, 1000);

  // ---- Filters are links; followed here they only change the address, which asks the server.
  let focused = null;
  function go(address) {
    focused = document.activeElement?.dataset?.nav ?? null;
    set("url", { search: new URL(address, location.href).search });
  }
  function keepFocus() {
    if (focused && document.activeElement === document.body) document.querySelector(`[data-nav="${CSS.escape(focused)}"]`)?.focus();
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
  function open() {
    const [event] = window.dash_clientside.callback_context.triggered;
    const address = event?.value?.points?.[0]?.customdata;
    if (typeof address === "string" && /^\/(?!\/)/.test(address)) location.assign(address);
  }

  // ---- Refresh, only for somebody who is looking and not in the middle of something.
  function beat(count) {
    const busy = document.querySelector(".report-choice[open], .explain:popover-open") || document.hidden;
    return busy ? window.dash_clientside.no_update : count;
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

  // ---- Explain: a native popover beside its button, a sheet on small screens (the stylesheet's part).
  function explain(button) {
    const panel = byId(`explain-${button.dataset.explain}`);
    if (!panel) return;
    panel.popover = "auto";
    panel.hidden = false;
    panel.addEventListener("beforetoggle", ({ newState }) => mark(button, newState === "open"));
    panel.addEventListener("toggle", ({ newState }) => newState === "closed" && document.activeElement === document.body && button.focus());
    panel.showPopover();
    const box = button.closest(".tile").getBoundingClientRect();
    panel.style.left = `${Math.max(12, Math.min(box.left - 8, innerWidth - panel.offsetWidth - 12))}px`;
    panel.style.top = `${Math.min(box.bottom + 8, Math.max(12, innerHeight - panel.offsetHeight - 12))}px`;
    panel.focus();
  }
  function mark(button, on) {
    button.setAttribute("aria-expanded", String(on));
    button.closest(".tile").classList.toggle("explained", on);
  }

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    if (at("[data-explain]")) explain(at("[data-explain]"));
    if (at("[data-explain-close]")) at(".explain").hidePopover();
    document.querySelectorAll(".report-choice[open]").forEach((one) => one.contains(event.target) || (one.open = false));
    if (at("#copy-link")) copyLink(at("#copy-link"));
  });
  document.addEventListener("keydown", (event) => {
    const panel = event.key === "Escape" && event.target.closest?.(".report-choice[open]");
    if (!panel) return;
    panel.open = false;
    panel.querySelector("summary").focus();
  });

  async function copyLink(button) {
    const label = button.querySelector("span") ?? button;
    const before = label.textContent;
    try {
      await navigator.clipboard.writeText(location.href);
      label.textContent = "Copied";
    } catch {
      label.textContent = "Copy it from the address bar";
    }
    setTimeout(() => (label.textContent = before), 2000);
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    ledgerdeskReports: { paint, open, beat },
  });
})();
