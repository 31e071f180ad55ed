"use strict";
const { lang: language, dataset: words } = document.documentElement;
// Tables sort by a click on a heading; without script they stand as written.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...[...table.tHead.rows].at(-1).cells];
  if (body.rows.length < 4) continue;
  const value = (row, place) => {
    const cell = row.cells[place];
    return "key" in cell.dataset ? cell.dataset.key : cell.textContent.trim();
  };
  const sort = (place, down) => {
    const compare = (a, b) => {
      const [x, y] = [value(a, place), value(b, place)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const apart = x - y;
      const order = Number.isNaN(apart) ? x.localeCompare(y, language, { numeric: true }) : apart;
      return down ? -order : order;
    };
    body.append(...[...body.rows].sort(compare));
    heads.forEach((head, other) => {
      if (other === place) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  };
  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", words.sort.replace("{heading}", () => head.textContent));
    // The whole heading takes the click; its text stays outside the button, so that it is
    // repeated on every printed page.
    head.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      sort(place, now ? now === "ascending" : head.classList.contains("number"));
    });
    head.append(button);
  });
}
