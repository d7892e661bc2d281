// What the tests ask a page about itself; every answer is a list of complaints, empty when all is well.
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

  /** List every axe-core finding; all rules but contrast of 7:1, which is level AAA. */
  /** Ask axe all its rules, or the colour rules alone, which are what a theme can break. */
  async function axeFinds({ within, colours }) {
    const rules = axe.getRules(colours ? ["cat.color"] : undefined).map((rule) => rule.ruleId);
    const values = rules.filter((id) => id !== "color-contrast-enhanced");
    const found = await axe.run(within || document, {
      resultTypes: ["violations"],
      runOnly: { type: "rule", values },
    });
    return found.violations.map(
      ({ impact, id, nodes }) =>
        `${impact}: ${id}: ` +
        nodes
          .slice(0, 3)
          .map((node) => `${node.target.join(" ")} (${node.failureSummary})`)
          .join("; "),
    );
  }

  function frame() {
    const found = [];
    const { scrollWidth, lang } = document.documentElement;
    const headings = [...document.querySelectorAll("h1")].filter((h) => h.checkVisibility()).length;
    if (scrollWidth > innerWidth) found.push(`scrolls sideways, ${scrollWidth} px wide`);
    if (headings !== 1 || lang !== "en" || !document.title.trim())
      found.push(`${headings} h1, language ${lang}, title ${document.title}`);
    return found;
  }

  /** List what moves although motion is to be reduced. */
  function moving() {
    const found = document
      .getAnimations()
      .filter((one) => one.effect.getComputedTiming().endTime > SLOWEST_MS)
      .map((one) => `moves: ${named(one.effect.target)}`);
    const longest = (text) => 1000 * Math.max(...text.split(",").map(parseFloat));
    for (const node of document.querySelectorAll("*")) {
      for (const pseudo of [null, "::before", "::after"]) {
        const style = getComputedStyle(node, pseudo);
        const animated = style.animationName !== "none" && longest(style.animationDuration) > SLOWEST_MS;
        if (animated || longest(style.transitionDuration) > SLOWEST_MS)
          found.push(`would move: ${named(node)}${pseudo ?? ""}`);
      }
    }
    return found;
  }

  /** Find what cuts a box off: an ancestor that hides its overflow, or the window around something fixed. */
  function cutter(box, from) {
    let { left, right, top, bottom } = box;
    let absolute = false;
    for (let at = from; at && at !== document.documentElement; at = at.parentElement) {
      const style = getComputedStyle(at);
      // Meant to be heard, not seen; and three dots say that there is more.
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
    const found = [];
    while (walker.nextNode()) {
      const { currentNode: text } = walker;
      if (text.data.trim() && shown(text.parentElement)) found.push(text);
    }
    return found;
  };

  const boxOf = (text) => {
    const range = document.createRange();
    range.selectNodeContents(text);
    return range.getBoundingClientRect();
  };

  /** List text that nobody can read in full, scroll as they may. */
  function cut(within) {
    return texts(within)
      .filter((text) => boxOf(text).width && cutter(boxOf(text), text.parentElement))
      .map(
        (text) =>
          `cut: “${text.data.trim().slice(0, 40)}” by ${named(cutter(boxOf(text), text.parentElement))}`,
      );
  }

  /** The label stands for an input that is drawn by it. */
  const drawn = (node) =>
    node.labels?.length && (!shown(node) || node.offsetWidth < 8) ? node.labels[0] : node;

  /** The middle of what of a box is inside the window. */
  function middle({ left, right, top, bottom }) {
    const [from, to] = [Math.max(0, left), Math.min(innerWidth, right)];
    const [above, below] = [Math.max(0, top), Math.min(innerHeight, bottom)];
    return to > from && below > above ? [(from + to) / 2, (above + below) / 2] : null;
  }

  /** Say why a control cannot be pressed where it stands, or nothing. */
  function blocked(control) {
    const node = drawn(control);
    const at = middle(node.getClientRects()[0] ?? node.getBoundingClientRect());
    if (!at) return "outside the window";
    const hit = document.elementFromPoint(...at);
    // A card may be one wide link over the words that lead to the same place.
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
    style.setProperty("pointer-events", "auto", "important"); // what lets clicks through would not be among them
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

  /** List controls that a bar hides when the keyboard comes to them, and text that no scrolling brings out. */
  function covered(within) {
    const found = [];
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
      if (why) found.push(`covered: ${named(control)} is ${why}`);
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
      if (underSomething(text)) found.push(`covered: “${text.data.trim().slice(0, 40)}”`);
    }
    for (const [node, left, top] of scrolled) node.scrollTo({ left, top, behavior: "instant" });
    return found;
  }

  // Asked of a style that no page has: a node of the page would have all of it styled anew.
  function accent() {
    const { style } = new Option();
    style.color = getComputedStyle(document.documentElement).getPropertyValue("--accent");
    return style.color;
  }

  /** Say what is wrong with the place of the focus, once the page has scrolled there; past the end of it, nothing. */
  async function focus(pastTheEnd) {
    if (pastTheEnd && document.activeElement === document.body) return [];
    let found = focusFaults();
    for (let frames = 0; frames < 10 && found.length; frames += 2) {
      await twoFrames();
      found = focusFaults();
    }
    return found;
  }

  /** Say what is wrong with the place of the focus: nowhere, out of sight, covered, or not to be told from the rest. */
  function focusFaults() {
    const node = document.activeElement;
    if (!node || node === document.body) return ["nothing has the focus"];
    const found = [];
    const seen = drawn(node);
    if (!shown(seen)) found.push("cannot be seen");
    const why = blocked(node);
    if (why) found.push(`is ${why}`);
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
    if (!told) found.push("has no outline");
    return found.map((text) => `the focus ${text}: ${named(node)}`);
  }

  /** Add up how far things jumped since the page began to load, and say which. */
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

  /** Run the checks of a layout on the page, or on one part of it. */
  function layout(selector) {
    const within = selector
      ? [...document.querySelectorAll(selector)].find((node) => node.checkVisibility())
      : document.body;
    return [...frame(), ...moving(), ...cut(within), ...covered(within)];
  }

  return { axeFinds, layout, focus, shifts };
})();
