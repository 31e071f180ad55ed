// Live charts take the place of the drawn ones as they come near; where that fails, those stay.
const { locale, ...look } = JSON.parse(document.getElementById("chart-settings").textContent);
const small = matchMedia("(max-width: 640px)");
const views = new Map();
const draw = async (figure) => {
  const specs = JSON.parse(figure.querySelector("script").textContent);
  // Vega names the place it draws in; the chart's own name stays on the place around it.
  const place = document.createElement("div");
  figure.querySelector(".live").replaceChildren(place);
  views.get(figure)?.finalize();
  const shape = small.matches ? specs.narrow : specs.wide;
  const made = await vegaEmbed(place, { ...shape, datasets: specs.datasets }, {
    mode: "vega-lite",
    renderer: "svg",
    actions: false,
    // The page may not make scripts from text.
    ast: true,
    config: look,
    formatLocale: locale.number,
    timeFormatLocale: locale.time,
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
  });
  views.set(figure, made);
  figure.classList.add("drawn");
  if (figure.id === "chart-money") picking(figure, made.view, specs.datasets);
};
const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      draw(target);
    }
  },
  { rootMargin: "800px" },
);
document.querySelectorAll("figure.chart").forEach((figure) => near.observe(figure));
small.addEventListener("change", () => [...views.keys()].forEach(draw));

// What is picked in the chart of the money narrows the table of every vehicle.
const picking = (figure, view, datasets) => {
  const told = figure.querySelector(".chosen");
  const table = document.getElementById("vehicles");
  const rows = Object.values(datasets).flat().filter((row) => "units" in row);
  const picked = { weeks: null, channels: null };
  const show = () => {
    const { weeks, channels } = picked;
    const fits = (week, channel) =>
      (!weeks || weeks.includes(week)) && (!channels || channels.includes(channel));
    if (conditions.has(table)) {
      // Its third column is the channel, its fifth the week.
      const test = (row) =>
        fits(row.cells[4].textContent.trim(), row.cells[2].textContent.trim());
      narrowed(table, "picked", weeks || channels ? test : null);
    }
    told.hidden = !weeks && !channels;
    if (told.hidden) return;
    const chosen = rows.filter((row) => fits(row.week, row.channel));
    const sum = (name) => chosen.reduce((so, row) => so + row[name], 0);
    const number = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
    const ends = weeks && (weeks.length > 1 ? `${weeks[0]} – ${weeks.at(-1)}` : weeks[0]);
    told.firstElementChild.textContent = told.dataset.words
      .replace("{what}", [ends, channels?.join(", ")].filter(Boolean).join("; "))
      .replace("{units}", number.format(sum("units")))
      .replace("{net}", number.format(sum("net")));
  };
  view.addSignalListener("weeks", (_, value) => {
    picked.weeks = value?.week?.length ? value.week : null;
    show();
  });
  view.addSignalListener("channels", (_, value) => {
    picked.channels = value?.channel?.length ? value.channel : null;
    show();
  });
  told.querySelector("button").onclick = () => {
    picked.weeks = picked.channels = null;
    show();
    draw(figure);
  };
};
