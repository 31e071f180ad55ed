// Long tables take a search; conditions from elsewhere on the page narrow them too.
const conditions = new Map();
const narrowed = (table, name, test) => {
  const tests = conditions.get(table);
  if (test) tests.set(name, test);
  else tests.delete(name);
  let shown = 0;
  for (const row of table.tBodies[0].rows) {
    row.hidden = ![...tests.values()].every((one) => one(row));
    shown += !row.hidden;
  }
  table.dispatchEvent(new CustomEvent("narrowed", { detail: shown }));
};
for (const table of document.querySelectorAll("table.sortable")) {
  const all = table.tBodies[0].rows.length;
  if (all < 16) continue;
  conditions.set(table, new Map());
  const box = document.createElement("div");
  box.className = "search";
  const input = document.createElement("input");
  input.type = "search";
  input.placeholder = words.search;
  input.setAttribute("aria-label", `${words.search}: ${table.caption.textContent.trim()}`);
  input.setAttribute("aria-controls", table.id);
  const count = document.createElement("output");
  const tell = (shown) => {
    count.textContent = words.shown.replace("{shown}", shown).replace("{all}", all);
  };
  tell(all);
  table.addEventListener("narrowed", (event) => tell(event.detail));
  input.addEventListener("input", () => {
    const parts = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const test = (row) => {
      const text = row.textContent.toLowerCase();
      return parts.every((part) => text.includes(part));
    };
    narrowed(table, "search", parts.length ? test : null);
  });
  box.append(input, count);
  table.closest(".scroll").before(box);
}
