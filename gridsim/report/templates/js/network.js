// The network map: loading of lines and transformers and curtailment of counties, step by step.

makers.network = ({ controls, box, chart, data }) => {
  const { stations, branches, counties, classes, levels } = data;
  const levelOf = (kv) => levels.findIndex((level) => kv >= level.from);
  const classOf = (value) => {
    for (let k = classes.length - 1; k > 0; k -= 1) if (value !== null && value > classes[k].from) return k;
    return 0;
  };

  // Circuits between the same stations are one line on the map; those of one station are its transformers.
  const corridors = new Map();
  const transformers = stations.label.map(() => []);
  branches.ends.forEach(([a, b], k) => {
    if (a === -1 || b === -1) return;
    if (a === b) { transformers[a].push(k); return; }
    const key = `${Math.min(a, b)} ${Math.max(a, b)} ${branches.kv[k]}`;
    if (!corridors.has(key)) corridors.set(key, { a, b, level: levelOf(branches.kv[k]), dashed: true, members: [] });
    const corridor = corridors.get(key);
    corridor.members.push(k);
    corridor.dashed = corridor.dashed && branches.dashed[k] === 1;
  });
  const lines = [...corridors.values()];
  const groups = data.groups.map((group) => ({
    ...group, steps: group.times.length, loading: unpack(group.loading),
    curtailed: group.curtailed && unpack(group.curtailed), rate: group.rate && unpack(group.rate),
    readings: group.readings.map((r) => ({ label: r.label, values: unpack(r.values) })),
  }));
  for (const group of groups) {
    const all = group.curtailed ? group.curtailed.values() : [];
    group.most = Math.max(0, ...all);
  }
  let group = groups[0];
  let step = 0;

  const at = (k) => k * group.steps + step;
  const highest = (members) => members.reduce((best, k) => {
    const value = group.loading.value(at(k));
    return value !== null && (best === null || value > best) ? value : best;
  }, null);
  const listed = (members) => members.slice(0, 8)
    .map((k) => `${safe(branches.label[k])}　${group.loading.text(at(k))}${measured(group.loading.unit)}`).join("<br>")
    + (members.length > 8 ? "<br>…" : "");

  const lineTraces = () => {
    const found = new Map();
    for (const line of lines) {
      const k = classOf(highest(line.members));
      const key = `${k} ${line.level} ${line.dashed}`;
      if (!found.has(key)) found.set(key, { k, level: line.level, dashed: line.dashed, x: [], y: [] });
      const trace = found.get(key);
      trace.x.push(stations.lon[line.a], stations.lon[line.b], null);
      trace.y.push(stations.lat[line.a], stations.lat[line.b], null);
    }
    return [...found.values()].sort((a, b) => a.k - b.k).map((t) => ({
      type: "scatter", mode: "lines", x: t.x, y: t.y, hoverinfo: "skip", showlegend: false,
      line: { color: classes[t.k].colour, width: classes[t.k].width + 1 + levels[t.level].width, dash: t.dashed ? "dash" : "solid" },
    }));
  };
  const legend = make("p", { class: "legend" }, ...classes.map((c) => {
    const mark = make("i");
    mark.style.borderTop = `${c.width + 2}px solid ${c.colour}`;
    return make("span", {}, mark, c.label);
  }), make("span", {}, make("i", { class: "circle" }), words.county_curtailed));
  const middles = () => ({
    type: "scatter", mode: "markers", showlegend: false, hoverinfo: "text", marker: { size: 14, opacity: 0 },
    x: lines.map((l) => (stations.lon[l.a] + stations.lon[l.b]) / 2), y: lines.map((l) => (stations.lat[l.a] + stations.lat[l.b]) / 2),
    hovertext: lines.map((l) => listed(l.members)),
  });
  const SYMBOLS = { substation: "circle", plant: "square", other: "diamond" };
  const stationTrace = () => ({
    type: "scatter", mode: "markers+text", showlegend: false, hoverinfo: "text", x: stations.lon, y: stations.lat,
    marker: {
      symbol: stations.kind.map((kind) => SYMBOLS[kind]), size: stations.kv.map((kv) => levels[levelOf(kv)].size * 1.25),
      color: transformers.map((own) => (own.length ? classes[classOf(highest(own))].colour : "#ffffff")), opacity: 1,
      line: { color: "#000000", width: 0.9 },
    },
    text: stations.label.map((label, k) => (names.checked && levelOf(stations.kv[k]) <= named() ? safe(label) : "")),
    textposition: "top center", textfont: { size: stations.kv.map((kv) => (levelOf(kv) === 0 ? 13 : 10.5)) },
    hovertext: stations.label.map((label, k) =>
      `<b>${safe(label)}</b>　${stations.kv[k]} kV${transformers[k].length ? `<br>${listed(transformers[k])}` : ""}`),
  });
  // Names of lower voltages come when there is room for them.
  const named = () => {
    const axis = chart.layout && chart.layout.xaxis;
    const share = axis && axis.range && full ? (axis.range[1] - axis.range[0]) / full : 1;
    const shown = share / roomOf(chart);
    return shown > 1.4 ? -1 : shown > 0.75 ? 0 : shown > 0.3 ? 1 : 2;
  };
  const countyTrace = () => {
    const order = counties.label.map((_, k) => k);
    const value = (k) => group.curtailed.value(at(k)) || 0;
    const size = (k) => (value(k) > 0 ? (8 + 46 * Math.sqrt(value(k) / group.most)) * Math.sqrt(roomOf(chart)) : 0);
    const text = (k) => `${group.curtailed.text(at(k))}${measured(group.curtailed.unit)}${group.rate ? `　${group.rate.text(at(k))} %` : ""}`;
    return {
      type: "scatter", mode: "markers+text", name: safe(words.county_curtailed), x: counties.lon, y: counties.lat, hoverinfo: "text",
      marker: {
        symbol: "circle", size: order.map(size),
        color: "rgba(213,94,0,0.28)", line: { color: "#7a3600", width: 1.2 }, sizemode: "diameter",
      },
      text: order.map((k) => (size(k) > 24 || named() > 0 ? `<b>${safe(counties.label[k])}</b><br>${group.curtailed.text(at(k))}` : "")),
      textfont: { size: 11, color: "#7a3600" },
      hovertext: order.map((k) => `<b>${safe(counties.label[k])}</b><br>${safe(words.curtailed)} ${text(k)}`),
    };
  };

  // The figures of the step in words: what the city did, and the most loaded element.
  const said = make("p", { class: "readings", "aria-live": "polite" });
  const tell = () => {
    let most = -1;
    let over80 = 0;
    let over100 = 0;
    branches.label.forEach((_, k) => {
      const value = group.loading.value(at(k));
      if (value === null) return;
      over80 += value > 80 ? 1 : 0;
      over100 += value > 100 ? 1 : 0;
      if (most === -1 || value > group.loading.value(at(most))) most = k;
    });
    const rank = group.ranked ? `${filled(words.rank, { rank: step + 1 })}　` : "";
    const parts = [rank + group.times[step]];
    for (const r of group.readings) parts.push(`${r.label} ${r.values.text(step)}${measured(r.values.unit)}`);
    if (most !== -1) {
      parts.push(filled(words.most_loaded, { element: branches.label[most], percent: group.loading.text(at(most)) }));
      parts.push(filled(words.over, { over80, over100 }));
    }
    said.replaceChildren(...parts.map((text) => make("span", { text })));
  };

  const middleLat = stations.lat.reduce((a, b) => a + b, 0) / Math.max(stations.lat.length, 1);
  const show = () => {
    const traces = [...lineTraces(), middles(), stationTrace()];
    if (group.curtailed && withCounties.checked) traces.push(countyTrace());
    Plotly.react(chart, traces, layoutOf({
      height: Math.max(420, Math.min(780, Math.round(0.82 * chart.clientWidth))), hovermode: "closest",
      showlegend: false, margin: { l: 62, r: 16, t: 12, b: 48 },
      xaxis: axisOf(words.longitude, { showgrid: false, zeroline: false, automargin: false }),
      yaxis: axisOf(words.latitude, { showgrid: false, zeroline: false, automargin: false, scaleanchor: "x", scaleratio: 1 / Math.cos((middleLat * Math.PI) / 180) }),
    }), { ...CONFIG, scrollZoom: false });
    tell();
  };
  let full = 0;
  let waiting = false;
  const later = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; show(); });
  };

  const slider = make("input", { type: "range", min: 0, max: 0, value: 0, step: 1, "aria-label": words.step });
  const go = (to) => {
    step = Math.max(0, Math.min(group.steps - 1, to));
    slider.value = step;
    slider.setAttribute("aria-valuetext", group.times[step]);
    later();
  };
  slider.addEventListener("input", () => go(Number(slider.value)));
  let timer = null;
  const play = make("button", { type: "button", text: "▶", "aria-label": words.play });
  const stop = () => { clearInterval(timer); timer = null; play.textContent = "▶"; };
  play.addEventListener("click", () => {
    if (timer !== null) { stop(); return; }
    play.textContent = "❚❚";
    timer = setInterval(() => (step + 1 < group.steps ? go(step + 1) : stop()), 700);
  });
  const button = (text, label, by) => {
    const made = make("button", { type: "button", text, "aria-label": label });
    made.addEventListener("click", () => { stop(); go(step + by); });
    return made;
  };
  const check = (label) => {
    const input = make("input", { type: "checkbox" });
    input.checked = true;
    input.addEventListener("change", later);
    return [input, make("label", {}, input, make("span", { text: label }))];
  };
  const [names, namesLabel] = check(words.names);
  const [withCounties, countiesLabel] = check(words.county_curtailed);
  const time = make("span", { class: "time" }, button("◀", words.previous, -1), slider, button("▶|", words.next, 1), play);
  const choose = (k) => {
    stop();
    group = groups[k];
    slider.max = group.steps - 1;
    time.hidden = group.steps < 2;
    go(0);
  };
  controls.append(choice(words.hours, groups.map((g) => g.label), choose), time, namesLabel, countiesLabel);
  box.insertBefore(said, chart);
  box.insertBefore(legend, chart);
  time.hidden = true;
  show();
  const [left, right] = chart.layout.xaxis.range;
  full = right - left;
  let level = named();
  chart.on("plotly_relayout", () => {
    if (named() === level) return;
    level = named();
    later();
  });
};
