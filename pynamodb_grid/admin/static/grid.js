// Inline editing, bulk actions and confirmations for the grid. No inline handlers, no eval, no libraries.
//
// Markup it works on: [data-grid] with data-update-url, data-csrf and data-editable (JSON per column);
// [data-edit=column][data-value] buttons in tr[data-pk][data-version]; [data-grid-bulk] forms; [data-confirm].
// Events it sends (they bubble): grid:saved, grid:conflict, grid:failed, with the answer as detail.

const grid = document.querySelector("[data-grid]");
const editors = grid ? JSON.parse(grid.dataset.editable || "{}") : {};

// While characters are composed with an input method, its keys belong to it. Safari reports the last one late, as 229.
addEventListener(
  "keydown",
  (event) => {
    if (event.isComposing || event.keyCode === 229) event.stopImmediatePropagation();
  },
  true,
);

function announce(text) {
  const status = document.querySelector("[data-grid-status]");
  if (status) status.textContent = text;
}

function makeInput(spec, value) {
  let input;
  if (spec.type === "choice") {
    input = document.createElement("select");
    const empty = spec.required && value ? [] : [["", ""]];
    for (const [key, label] of [...empty, ...spec.choices]) {
      input.append(new Option(label, key, key === value, key === value));
    }
  } else {
    const long = ["long_text", "json", "text_set", "text_list"].includes(spec.type);
    input = document.createElement(long ? "textarea" : "input");
    if (!long) input.type = { number: "number", moment: "datetime-local" }[spec.type] || "text";
    if (spec.type === "number" || spec.type === "moment") input.step = spec.type === "number" ? "any" : "1";
    else input.maxLength = spec.maxlength;
    input.value = value;
  }
  input.className = "form-control form-control-sm";
  input.setAttribute("aria-label", spec.label);
  return input;
}

async function send(button, row, value) {
  const body = { pk: row.dataset.pk, field: button.dataset.edit, value, old: button.dataset.value };
  if (row.dataset.version) body.version = Number(row.dataset.version);
  try {
    const response = await fetch(grid.dataset.updateUrl, {
      method: "POST",
      credentials: "same-origin",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "X-CSRFToken": grid.dataset.csrf,
      },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    return { status: response.status, ...answer };
  } catch {
    return { status: 0, ok: false, message: "The change could not be saved. Load the page again." };
  }
}

function showAnswer(button, row, answer) {
  if (answer.ok) {
    button.textContent = answer.value || "(empty)";
    button.dataset.value = answer.raw;
    if (answer.version !== null) row.dataset.version = answer.version;
    const box = row.querySelector("[name=rowid]");
    if (box) box.value = `${row.dataset.pk}:${row.dataset.version || ""}`;
    announce("Saved.");
  } else if (answer.conflict) {
    const { label, theirs, yours } = answer.conflict;
    announce(`${answer.message} ${label}: theirs ${theirs || "(empty)"}, yours ${yours || "(empty)"}.`);
  } else {
    announce(answer.message);
  }
  const kind = answer.ok ? "saved" : answer.conflict ? "conflict" : "failed";
  button.dispatchEvent(new CustomEvent(`grid:${kind}`, { bubbles: true, detail: answer }));
}

function edit(button) {
  const row = button.closest("[data-pk]");
  const input = makeInput(editors[button.dataset.edit], button.dataset.value);
  let finished = false;
  button.hidden = true;
  button.after(input);
  input.focus();

  const close = () => {
    finished = true;
    input.remove();
    button.hidden = false;
  };
  const save = async (refocus) => {
    if (finished) return;
    close();
    if (refocus) button.focus();
    if (input.value === button.dataset.value) return;
    button.setAttribute("aria-busy", "true"); // not disabled: that would lose the focus
    const answer = await send(button, row, input.value);
    button.removeAttribute("aria-busy");
    showAnswer(button, row, answer);
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      close();
      button.focus();
    } else if (event.key === "Enter" && (input.tagName !== "TEXTAREA" || event.ctrlKey)) {
      event.preventDefault();
      save(true);
    }
  });
  // Arrow keys change a select too: only a choice made by pointer saves at once.
  let pointer = false;
  input.addEventListener("pointerdown", () => (pointer = true));
  if (input.tagName === "SELECT") input.addEventListener("change", () => pointer && save(true));
  input.addEventListener("blur", () => save(false));
}

function chosenAction(form) {
  return form.querySelector("[data-grid-action]")?.selectedOptions[0];
}

function showValues(form) {
  const chosen = chosenAction(form)?.value;
  for (const select of form.querySelectorAll("[data-grid-value]")) {
    select.disabled = select.hidden = select.dataset.gridValue !== chosen;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-edit]");
  if (button && grid?.dataset.updateUrl && !button.hasAttribute("aria-busy")) edit(button);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-grid-all]")) {
    for (const box of grid.querySelectorAll("[name=rowid]")) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-grid-action]")) showValues(event.target.form);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  let question = form.dataset.confirm;
  if (form.matches("[data-grid-bulk]")) {
    if (!form.querySelector("[name=rowid]:checked")) {
      event.preventDefault();
      announce("Choose at least one row.");
      return;
    }
    question = chosenAction(form)?.dataset.confirm;
  }
  if (question && !window.confirm(question)) event.preventDefault();
});
