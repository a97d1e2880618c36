// Tables that sort and filter, the list of contents, and the frame of the interactive figures.
// Written without a library: a table must work where a chart does not.

const store = JSON.parse(document.querySelector("script.gridsim-data").textContent);
const words = store.words;

const make = (tag, options = {}, ...children) => {
  const { text, ...rest } = options;
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(rest)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  node.append(...children);
  return node;
};
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// --- tables ----------------------------------------------------------------------------------------------

// What a cell is sorted by: its number, or its text; no number goes last in both directions.
const sortKey = (cell, isNumber) => {
  const text = cell ? cell.textContent.trim() : "";
  if (!isNumber) return text;
  if (text === "∞") return Infinity;
  if (text === "-∞") return -Infinity;
  const value = parseFloat(text.replace("−", "-"));
  return Number.isNaN(value) ? null : value;
};

const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });

// An empty first cell means "as above"; out of its order a row says it in full.
function spellOut(table, full) {
  for (const row of table.tBodies[0].rows) {
    if (row.dataset.as === undefined) continue;
    row.cells[0].textContent = full ? row.dataset.as : "";
  }
}

function sortRows(table, column, direction) {
  const body = table.tBodies[0];
  spellOut(table, direction !== "none");
  const isNumber = table.tHead.rows[0].cells[column].classList.contains("n");
  const rows = [...body.rows].map((row) => ({ row, at: Number(row.dataset.at), key: sortKey(row.cells[column], isNumber) }));
  const absent = (key) => key === null || key === "—" || key === "";
  rows.sort((a, b) => {
    if (direction === "none") return a.at - b.at;
    if (absent(a.key) || absent(b.key)) return absent(a.key) - absent(b.key) || a.at - b.at;
    const order = isNumber ? (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) : collator.compare(a.key, b.key);
    return (direction === "ascending" ? order : -order) || a.at - b.at;
  });
  body.append(...rows.map((r) => r.row));
}

function makeSortable(table) {
  const head = table.tHead && table.tHead.rows[0];
  const body = table.tBodies[0];
  if (!head || !body || body.rows.length < 2) return;
  let above = "";
  [...body.rows].forEach((row, k) => {
    row.dataset.at = k;
    const text = row.cells[0] ? row.cells[0].textContent.trim() : "";
    if (text === "" && above !== "") row.dataset.as = above;
    above = text || above;
  });
  [...head.cells].forEach((cell, column) => {
    const button = make("button", { type: "button", class: "sort", title: words.sort });
    button.append(...cell.childNodes);
    cell.append(button);
    cell.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const was = cell.getAttribute("aria-sort");
      const steps = cell.classList.contains("n") ? ["none", "descending", "ascending"] : ["none", "ascending", "descending"];
      const next = steps[(steps.indexOf(was) + 1) % 3];
      for (const other of head.cells) other.setAttribute("aria-sort", "none");
      cell.setAttribute("aria-sort", next);
      sortRows(table, column, next);
    });
  });
}

// Shorter tables are read at a glance.
const FILTER_FROM = 15;

function makeFilterable(table) {
  const body = table.tBodies[0];
  if (!body || body.rows.length < FILTER_FROM) return;
  const count = make("span", { class: "count", role: "status" });
  const box = make("input", { type: "search", placeholder: words.filter, "aria-label": words.filter });
  box.addEventListener("input", () => {
    const asked = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const sorted = table.tHead.querySelector("[aria-sort]:not([aria-sort=none])") !== null;
    spellOut(table, asked.length > 0 || sorted);
    let shown = 0;
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !asked.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    // A total stands for all rows, so it goes with a part of them.
    if (table.tFoot) table.tFoot.hidden = asked.length > 0;
    count.textContent = asked.length ? filled(words.rows, { shown, all: body.rows.length }) : "";
  });
  table.parentElement.before(make("p", { class: "filter" }, count, box));
}

// --- list of contents ------------------------------------------------------------------------------------

function followContents() {
  const contents = document.querySelector("details.contents");
  if (!contents) return;
  const wide = matchMedia("(min-width: 1280px)");
  const fold = () => { contents.open = wide.matches; };
  fold();
  wide.addEventListener("change", fold);
  contents.addEventListener("click", (event) => {
    if (event.target.closest("a") && !wide.matches) contents.open = false;
  });
  const links = new Map([...contents.querySelectorAll("a[data-chapter]")].map((a) => [a.dataset.chapter, a]));
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const link = links.get(entry.target.id);
      if (!link || !entry.isIntersecting) continue;
      for (const other of links.values()) other.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
      link.scrollIntoView({ block: "nearest" });
    }
  }, { rootMargin: "0px 0px -75% 0px" });
  if (wide.matches) for (const section of document.querySelectorAll("main > section")) watch.observe(section);
}

// --- numbers ---------------------------------------------------------------------------------------------

const CODES = { 16: [-32768, -32767, 32767], 32: [-2147483648, -2147483647, 2147483647] };

// Numbers of the page: value(k) for drawing, text(k) with the digits that the report prints.
function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed.data), (sign) => sign.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const size = packed.bits / 8;
  const length = bytes.length / size;
  const [none, zero, infinite] = CODES[packed.bits];
  const code = (k) => (size === 2 ? view.getInt16(2 * k, true) : view.getInt32(4 * k, true));
  const scale = 10 ** packed.decimals;
  const value = (k) => {
    const c = code(k);
    if (c === none) return null;
    return c === zero ? 0 : c === infinite ? Infinity : c / scale;
  };
  const text = (k) => {
    const c = code(k);
    if (c === none) return "—";
    return c === zero ? "0" : c === infinite ? "∞" : (c / scale).toFixed(packed.decimals);
  };
  const every = (of) => Array.from({ length }, (_, k) => of(k));
  return { length, unit: packed.unit, value, text, values: () => every(value), texts: () => every(text) };
}

// --- interactive figures ---------------------------------------------------------------------------------

// Text of the data in a chart: plotly reads marks like <b> in texts, so they lose their meaning here.
const safe = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

// A unit behind its number: 264.5 MW, but 264.5 × 10⁴ kW.
const measured = (unit) => (/^\d/.test(unit) ? ` × ${safe(unit)}` : ` ${safe(unit)}`);

const FONT = { family: getComputedStyle(document.body).fontFamily, size: 12, color: "#1c2730" };

const layoutOf = (extra) => ({
  font: FONT, paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", margin: { l: 62, r: 16, t: 12, b: 48 },
  legend: { orientation: "h", y: -0.16, yanchor: "top", traceorder: "normal", font: { size: 11 } }, hoverlabel: { font: FONT, align: "left" },
  dragmode: "pan", uirevision: "same", ...extra,
});
const axisOf = (title, extra = {}) => ({
  title: { text: title, standoff: 8 }, gridcolor: "#e3e7ea", zerolinecolor: "#1c2730", linecolor: "#1c2730",
  ticks: "outside", automargin: true, exponentformat: "none", separatethousands: false, ...extra,
});
const CONFIG = {
  responsive: true, displaylogo: false, locale: "page", scrollZoom: false,
  modeBarButtons: [["toImage", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
};

const choice = (label, options, change) => {
  const select = make("select", {}, ...options.map((text, k) => make("option", { value: k, text })));
  select.addEventListener("change", () => change(Number(select.value)));
  return make("label", {}, make("span", { text: label }), select);
};

// Room for names and labels: 1 on a screen, less on a phone.
const roomOf = (chart) => Math.min(1, chart.clientWidth / 800);

const makers = {};

function enliven(box) {
  const name = box.dataset.part;
  const figure = box.closest("figure");
  const draw = makers[name];
  const data = store.parts[name];
  if (!draw || !data || box.dataset.drawn) return;
  box.dataset.drawn = "yes";
  const controls = make("div", { class: "controls" });
  const chart = make("div", { class: "chart", role: "img", "aria-label": box.getAttribute("aria-label") });
  box.append(controls, chart);
  box.hidden = false;
  draw({ box, controls, chart, data });
  if (data.note) box.append(make("p", { class: "note", text: data.note }));
  if (box.dataset.covers === "yes") {
    figure.classList.add("covered");
    const button = make("button", { type: "button", text: words.show_static, "aria-pressed": "false" });
    button.addEventListener("click", () => {
      const shown = figure.classList.toggle("covered");
      button.textContent = shown ? words.show_static : words.show_live;
      button.setAttribute("aria-pressed", String(!shown));
      if (shown) Plotly.Plots.resize(chart);
    });
    controls.append(button);
  }
}

function start() {
  document.documentElement.classList.add("scripted");
  for (const table of document.querySelectorAll("main table")) {
    makeSortable(table);
    makeFilterable(table);
  }
  followContents();
  if (typeof Plotly === "undefined") return;
  Plotly.register({ moduleType: "locale", name: "page", dictionary: words.plotly, format: {} });
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      enliven(entry.target.querySelector(".live:not([data-drawn])") || entry.target);
      for (const box of entry.target.querySelectorAll(".live:not([data-drawn])")) enliven(box);
    }
  }, { rootMargin: "600px 0px" });
  for (const figure of document.querySelectorAll("figure")) if (figure.querySelector(".live")) near.observe(figure);
}
