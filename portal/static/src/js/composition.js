// Composing characters with an input method: its keys, Enter among them, belong to it and do nothing here.
addEventListener(
  "keydown",
  (event) => {
    // Safari ends a composition first and then reports its Enter, with the code 229.
    if (event.isComposing || event.keyCode === 229) event.stopImmediatePropagation();
  },
  true,
);
