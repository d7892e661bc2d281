// Checks that tests run inside a page; all but `shifts` return a list of complaints, empty when all is well.
window.inspection ??= (() => {
  const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const SLOWEST_MS = 1;
  const ROUNDING = 1.5;
  // A scrim or a card hides what is under it, a stretched link does not.
  const OPAQUE = 0.5;

  const named = (node) => node.outerHTML.replace(/\s+/g, " ").slice(0, 110);
  const shown = (node) => node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const scrolls = (value) => value === "auto" || value === "scroll";
  const clips = (value) => value === "hidden" || value === "clip";
  const twoFrames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

  /**
   * List the findings of axe-core: of all rules, or of the colour rules alone, which are what a theme can break.
   * The rule for a contrast of 7:1 is left out, since it is level AAA.
   */
  async function axeFinds({ within, colours }) {
    const rules = axe.getRules(colours ? ["cat.color"] : undefined).map((rule) => rule.ruleId);
    const values = rules.filter((id) => id !== "color-contrast-enhanced");
    const results = await axe.run(within || document, {
      resultTypes: ["violations"],
      runOnly: { type: "rule", values },
    });
    return results.violations.map(
      ({ impact, id, nodes }) =>
        `${impact}: ${id}: ` +
        nodes
          .slice(0, 3)
          .map((node) => `${node.target.join(" ")} (${node.failureSummary})`)
          .join("; "),
    );
  }

  function frame() {
    const complaints = [];
    const { scrollWidth, lang } = document.documentElement;
    const headings = [...document.querySelectorAll("h1")].filter((h) => h.checkVisibility()).length;
    if (scrollWidth > innerWidth) complaints.push(`scrolls sideways, ${scrollWidth} px wide`);
    if (headings !== 1 || lang !== "en" || !document.title.trim())
      complaints.push(`${headings} h1, language ${lang}, title ${document.title}`);
    return complaints;
  }

  /** List what moves although motion is to be reduced. */
  function moving() {
    const complaints = document
      .getAnimations()
      .filter((one) => one.effect.getComputedTiming().endTime > SLOWEST_MS)
      .map((one) => `moves: ${named(one.effect.target)}`);
    const longest = (text) => 1000 * Math.max(...text.split(",").map(parseFloat));
    for (const node of document.querySelectorAll("*")) {
      for (const pseudo of [null, "::before", "::after"]) {
        const style = getComputedStyle(node, pseudo);
        const animated = style.animationName !== "none" && longest(style.animationDuration) > SLOWEST_MS;
        if (animated || longest(style.transitionDuration) > SLOWEST_MS)
          complaints.push(`would move: ${named(node)}${pseudo ?? ""}`);
      }
    }
    return complaints;
  }

  /** Find what cuts a box off: an ancestor that hides its overflow, or the window around something fixed. */
  function cutter(box, from) {
    let { left, right, top, bottom } = box;
    let absolute = false;
    for (let at = from; at && at !== document.documentElement; at = at.parentElement) {
      const style = getComputedStyle(at);
      // Text for screen readers only is hidden on purpose, and an ellipsis says that there is more.
      if (style.clipPath !== "none" || (style.textOverflow === "ellipsis" && style.overflowX !== "visible"))
        return null;
      if (!(absolute && style.position === "static") && at !== document.body) {
        const edge = at.getBoundingClientRect();
        if (clips(style.overflowX) && (right > edge.right + ROUNDING || left < edge.left - ROUNDING))
          return at;
        if (clips(style.overflowY) && (bottom > edge.bottom + ROUNDING || top < edge.top - ROUNDING))
          return at;
        if (scrolls(style.overflowX)) [left, right] = [edge.left, edge.right];
        if (scrolls(style.overflowY)) [top, bottom] = [edge.top, edge.bottom];
        if (style.position === "fixed")
          return left < -ROUNDING ||
            right > innerWidth + ROUNDING ||
            top < -ROUNDING ||
            bottom > innerHeight + ROUNDING
            ? at
            : null;
        absolute = style.position === "absolute" || (absolute && style.position === "static");
      }
    }
    const root = document.documentElement;
    const fixedHeight = clips(getComputedStyle(document.body).overflowY);
    return right + scrollX > root.scrollWidth + ROUNDING || (fixedHeight && bottom > innerHeight + ROUNDING)
      ? root
      : null;
  }

  const texts = (within) => {
    const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (walker.nextNode()) {
      const { currentNode: text } = walker;
      if (text.data.trim() && shown(text.parentElement)) nodes.push(text);
    }
    return nodes;
  };

  const boxOf = (text) => {
    const range = document.createRange();
    range.selectNodeContents(text);
    return range.getBoundingClientRect();
  };

  /** List text that is cut off wherever the page is scrolled. */
  function cut(within) {
    return texts(within)
      .filter((text) => boxOf(text).width && cutter(boxOf(text), text.parentElement))
      .map(
        (text) =>
          `cut: “${text.data.trim().slice(0, 40)}” by ${named(cutter(boxOf(text), text.parentElement))}`,
      );
  }

  /** Return the label of an input that is drawn by its label, otherwise the input. */
  const drawn = (node) =>
    node.labels?.length && (!shown(node) || node.offsetWidth < 8) ? node.labels[0] : node;

  /** Return the middle of the part of a box that is inside the window. */
  function middle({ left, right, top, bottom }) {
    const [from, to] = [Math.max(0, left), Math.min(innerWidth, right)];
    const [above, below] = [Math.max(0, top), Math.min(innerHeight, bottom)];
    return to > from && below > above ? [(from + to) / 2, (above + below) / 2] : null;
  }

  /** Say why a control cannot be pressed where it is, or return null. */
  function blocked(control) {
    const node = drawn(control);
    const at = middle(node.getClientRects()[0] ?? node.getBoundingClientRect());
    if (!at) return "outside the window";
    const hit = document.elementFromPoint(...at);
    // A card may be one wide link over a text link with the same address.
    const alike = node.href && hit?.closest("a")?.href === node.href;
    if (hit && (alike || node.contains(hit) || hit.closest("label")?.control === control)) return null;
    return `under ${hit ? named(hit) : "nothing"}`;
  }

  function underSomething(text) {
    const at = middle(boxOf(text));
    if (!at) return true;
    const { style } = text.parentElement;
    const [events, how] = [
      style.getPropertyValue("pointer-events"),
      style.getPropertyPriority("pointer-events"),
    ];
    style.setProperty("pointer-events", "auto", "important"); // elements that let clicks through would be missing otherwise
    const all = document.elementsFromPoint(...at);
    style.setProperty("pointer-events", events, how);
    const place = all.findIndex((node) => node.contains(text));
    return all.slice(0, place < 0 ? all.length : place).some((node) => {
      const { backgroundColor, opacity } = getComputedStyle(node);
      const alpha = backgroundColor.startsWith("rgba") ? parseFloat(backgroundColor.split(",")[3]) : 1;
      return alpha * opacity > OPAQUE;
    });
  }

  const SETTLE = { block: "nearest", inline: "nearest", behavior: "instant" };
  const CENTER = { ...SETTLE, block: "center" };

  /** List controls that a bar hides when they get the focus, and text that stays hidden wherever the page scrolls. */
  function covered(within) {
    const complaints = [];
    const scrolled = [...document.querySelectorAll("*")]
      .filter((node) => node.scrollHeight > node.clientHeight || node.scrollWidth > node.clientWidth)
      .map((node) => [node, node.scrollLeft, node.scrollTop]);
    const controls = [...within.querySelectorAll(FOCUSABLE)].filter(
      (node) =>
        !node.disabled &&
        shown(drawn(node)) &&
        getComputedStyle(drawn(node)).clipPath === "none" &&
        !node.matches(".skip"),
    );
    for (const control of controls) {
      drawn(control).scrollIntoView(SETTLE);
      const why = blocked(control);
      if (why) complaints.push(`covered: ${named(control)} is ${why}`);
    }
    for (const text of texts(within.querySelector("main") ?? within)) {
      if (
        !boxOf(text).width ||
        getComputedStyle(text.parentElement).clipPath !== "none" ||
        cutter(boxOf(text), text.parentElement) ||
        text.parentElement.closest(".vh, select, svg")
      )
        continue;
      text.parentElement.scrollIntoView(SETTLE);
      if (!underSomething(text)) continue;
      text.parentElement.scrollIntoView(CENTER);
      if (underSomething(text)) complaints.push(`covered: “${text.data.trim().slice(0, 40)}”`);
    }
    for (const [node, left, top] of scrolled) node.scrollTo({ left, top, behavior: "instant" });
    return complaints;
  }

  // Reads the colour from a detached element: one in the page would restyle all of it.
  function accent() {
    const { style } = new Option();
    style.color = getComputedStyle(document.documentElement).getPropertyValue("--accent");
    return style.color;
  }

  /** Say what is wrong with the focus once the page has scrolled to it; past the end of the page, nothing. */
  async function focus(pastTheEnd) {
    if (pastTheEnd && document.activeElement === document.body) return [];
    let complaints = focusFaults();
    for (let frames = 0; frames < 10 && complaints.length; frames += 2) {
      await twoFrames();
      complaints = focusFaults();
    }
    return complaints;
  }

  /** Say what is wrong with the focus: nowhere, out of sight, covered, or without an outline. */
  function focusFaults() {
    const node = document.activeElement;
    if (!node || node === document.body) return ["nothing has the focus"];
    const complaints = [];
    const seen = drawn(node);
    if (!shown(seen)) complaints.push("cannot be seen");
    const why = blocked(node);
    if (why) complaints.push(`is ${why}`);
    const colour = accent();
    const around = [node, seen];
    for (let at = seen.parentElement; at && around.length < 6; at = at.parentElement) around.push(at);
    const told = around
      .map((each) => getComputedStyle(each))
      .some(
        ({ outlineStyle, outlineWidth, borderColor, boxShadow }) =>
          (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) ||
          borderColor.includes(colour) ||
          boxShadow.includes(colour),
      );
    if (!told) complaints.push("has no outline");
    return complaints.map((text) => `the focus ${text}: ${named(node)}`);
  }

  /** Add up how far elements jumped since the page began to load, and list them. */
  async function shifts() {
    const entries = [];
    const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()));
    observer.observe({ type: "layout-shift", buffered: true });
    await twoFrames();
    entries.push(...observer.takeRecords());
    observer.disconnect();
    const unasked = entries.filter((entry) => !entry.hadRecentInput);
    return {
      sum: unasked.reduce((sum, entry) => sum + entry.value, 0),
      what: unasked.flatMap((entry) =>
        entry.sources.map(
          (one) => one.node && named(one.node.nodeType === 1 ? one.node : one.node.parentElement),
        ),
      ),
    };
  }

  /** Run the layout checks on the page, or on a part of it. */
  function layout(selector) {
    const within = selector
      ? [...document.querySelectorAll(selector)].find((node) => node.checkVisibility())
      : document.body;
    return [...frame(), ...moving(), ...cut(within), ...covered(within)];
  }

  return { axeFinds, layout, focus, shifts };
})();
