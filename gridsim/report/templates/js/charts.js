// Month by hour, duration curves, typical days, causes and hosting capacity.

const patterned = (look) => ({
  color: look.colour, line: { color: "#ffffff", width: 0.4 },
  pattern: { shape: look.pattern, fillmode: "overlay", fgcolor: "rgba(0,0,0,0.5)", size: 6, solidity: 0.2 },
});
const unitOf = (label, unit) => `${label} [${unit}]`;

makers.month_hour = ({ controls, chart, data }) => {
  const show = (k) => {
    const numbers = unpack(data.maps[k].values);
    const rows = (of) => data.months.map((_, m) => Array.from({ length: 24 }, (__, h) => of(24 * m + h)));
    Plotly.react(chart, [{
      type: "heatmap", x: Array.from({ length: 24 }, (_, h) => h), y: data.months,
      z: rows(numbers.value), customdata: rows(numbers.text), zmin: 0, colorscale: data.scale, xgap: 1, ygap: 1,
      hovertemplate: `%{y} %{x}:00　%{customdata}${measured(numbers.unit)}<extra></extra>`,
      colorbar: { title: { text: safe(unitOf(data.maps[k].label, numbers.unit)), side: "right" }, thickness: 14 },
    }], layoutOf({
      height: 400, plot_bgcolor: "#d9d9d9", xaxis: axisOf(words.axis_hour, { dtick: 2, fixedrange: true, showgrid: false, zeroline: false }),
      yaxis: axisOf("", { autorange: "reversed", fixedrange: true, type: "category", showgrid: false, zeroline: false }),
    }), { ...CONFIG, modeBarButtons: [["toImage"]] });
  };
  if (data.maps.length > 1) controls.append(choice(words.quantity, data.maps.map((m) => m.label), show));
  show(0);
};

makers.duration = ({ chart, data }) => {
  const traces = data.curves.map((curve) => {
    const numbers = unpack(curve.values);
    return {
      type: "scatter", mode: "lines", name: safe(curve.label), line: { color: curve.colour, dash: curve.dash, width: 2 },
      x: Array.from({ length: numbers.length }, (_, k) => (k + 1) * data.step_h), y: numbers.values(),
      customdata: numbers.texts(), hovertemplate: `%{customdata}${measured(numbers.unit)}`,
    };
  });
  const unit = unpack(data.curves[0].values).unit;
  Plotly.react(chart, traces, layoutOf({
    height: 420, hovermode: "x unified", xaxis: axisOf(words.axis_duration, { rangemode: "tozero" }),
    yaxis: axisOf(unitOf(words.power, unit)),
  }), CONFIG);
};

makers.typical_days = ({ controls, chart, data }) => {
  let area = 0;
  let day = 0;
  const show = () => {
    const shown = data.areas[area].days[day];
    const traces = Object.keys(data.looks).filter((item) => item in shown.series).map((item) => {
      const numbers = unpack(shown.series[item]);
      const sign = data.down.includes(item) ? -1 : 1;
      return {
        type: "bar", name: safe(data.looks[item].label), x: shown.times, y: numbers.values().map((v) => sign * v),
        marker: patterned(data.looks[item]), customdata: numbers.texts(), hovertemplate: `%{customdata}${measured(numbers.unit)}`,
      };
    });
    const line = (packed, label, style) => {
      const numbers = unpack(packed);
      return {
        type: "scatter", mode: "lines", name: safe(label), x: shown.times, y: numbers.values(),
        line: { shape: "hvh", ...style }, customdata: numbers.texts(), hovertemplate: `%{customdata}${measured(numbers.unit)}`,
      };
    };
    traces.push(line(shown.drawn, data.drawn, { color: "#b30000", width: 1.5, dash: "dash" }));
    traces.push(line(shown.load, data.load, { color: "#000000", width: 2.5 }));
    Plotly.react(chart, traces, layoutOf({
      height: 470, barmode: "relative", bargap: 0, hovermode: "x unified",
      xaxis: axisOf(roomOf(chart) < 1 ? "" : words.axis_hour, {
        type: "category", fixedrange: true, dtick: Math.ceil(shown.times.length / (roomOf(chart) < 1 ? 6 : 24)), tickangle: 0,
      }),
      yaxis: axisOf(unitOf(words.power, unpack(shown.load).unit)), uirevision: `${area} ${day}`,
    }), CONFIG);
  };
  controls.append(choice(words.day, data.areas[0].days.map((d) => d.label), (k) => { day = k; show(); }));
  if (data.areas.length > 1) {
    controls.append(choice(words.area, data.areas.map((a) => a.label), (k) => { area = k; show(); }));
  }
  show();
};

makers.causes = ({ controls, chart, data }) => {
  const show = (k) => {
    const view = data.views[k];
    const names = view.places.map(safe);
    let unit = "";
    const traces = Object.keys(data.looks).filter((cause) => cause in view.series).map((cause) => {
      const numbers = unpack(view.series[cause]);
      unit = numbers.unit;
      const values = numbers.values();
      return {
        type: "bar", name: safe(data.looks[cause].label), orientation: view.across ? "v" : "h",
        x: view.across ? names : values, y: view.across ? values : names, marker: patterned(data.looks[cause]),
        customdata: numbers.texts(), hovertemplate: `%{customdata}${measured(unit)}`,
      };
    });
    const amount = axisOf(unitOf(words.curtailed, unit), { rangemode: "tozero" });
    const place = axisOf("", { type: "category", showgrid: false });
    Plotly.react(chart, traces, layoutOf({
      height: view.across ? 380 : 150 + 24 * names.length, barmode: "stack", bargap: 0.25, showlegend: true,
      hovermode: view.across ? "x unified" : "y unified", uirevision: k,
      xaxis: view.across ? place : { ...amount, side: "top" },
      yaxis: view.across ? amount : { ...place, autorange: "reversed" },
      legend: { orientation: "h", y: view.across ? -0.16 : -0.02, yanchor: "top", traceorder: "normal" },
      margin: { l: 62, r: 16, t: view.across ? 12 : 52, b: 48 },
    }), CONFIG);
  };
  if (data.views.length > 1) controls.append(choice(words.view, data.views.map((v) => v.label), show));
  show(0);
};

makers.hosting_curves = ({ controls, chart, data }) => {
  const show = (k) => {
    const curve = data.curves[k];
    const added = unpack(curve.added);
    const x = added.values();
    const traces = curve.rates.map((packed, at) => {
      const rate = unpack(packed);
      return {
        type: "scatter", mode: "lines+markers", name: safe(data.rates[at]), x, y: rate.values(),
        line: { color: at ? "#0072b2" : "#000000", dash: at ? "dash" : "solid", width: 2 }, marker: { symbol: at ? "square" : "circle", size: 7 },
        customdata: added.texts().map((text, n) => `${text}${measured(added.unit)}　${rate.text(n)}${measured(rate.unit)}`),
        hovertemplate: "%{customdata}",
      };
    });
    const worse = x.map((_, n) => n).filter((n) => curve.worse[n]);
    if (worse.length) {
      traces.push({
        type: "scatter", mode: "markers", name: safe(data.violation), x: worse.map((n) => x[n]), hoverinfo: "skip",
        y: worse.map((n) => traces[0].y[n]), marker: { symbol: "x-thin", size: 15, line: { color: "#b30000", width: 2.5 } },
      });
    }
    const line = (from, look) => ({ type: "line", line: look, ...from });
    const capacity = unpack(curve.capacity);
    const found = capacity.value(0) !== null && Number.isFinite(capacity.value(0));
    const shapes = [line({ xref: "paper", x0: 0, x1: 1, y0: data.target_percent, y1: data.target_percent }, { color: "#b30000", width: 1.5 })];
    if (found) shapes.push(line({ yref: "paper", y0: 0, y1: 1, x0: capacity.value(0), x1: capacity.value(0) }, { color: "#444444", width: 1.5, dash: "dash" }));
    Plotly.react(chart, traces, layoutOf({
      height: 430, hovermode: "closest", showlegend: true, uirevision: k, shapes,
      xaxis: axisOf(unitOf(words.hosting_added, added.unit), { rangemode: "tozero" }),
      yaxis: axisOf(words.hosting_rate, { rangemode: "tozero" }),
      annotations: [{
        x: 1, xref: "paper", xanchor: "right", y: data.target_percent, yanchor: "bottom", showarrow: false, text: safe(data.target), font: { color: "#b30000" },
      }, ...(found ? [{
        x: capacity.value(0), y: 1, yref: "paper", yanchor: "top", xanchor: "right", showarrow: false, bgcolor: "#ffffff",
        text: `${safe(data.capacity)} ${capacity.text(0)}${measured(capacity.unit)}`,
      }] : [])],
    }), CONFIG);
  };
  if (data.curves.length > 1) controls.append(choice(words.view, data.curves.map((c) => c.label), show));
  show(0);
};

makers.hosting_map = ({ controls, chart, data }) => {
  const all = data.quantities.map((q) => ({ label: q.label, values: unpack(q.values) }));
  const show = (shown) => {
    const seen = new Set();
    const told = (k) => [`<b>${safe(data.label[k])}</b>　${safe(data.looks[data.grade[k]].label)}`,
      ...all.map((q) => `${safe(q.label)} ${q.values.text(k)}${measured(q.values.unit)}`)].join("<br>");
    const traces = data.cells.map((cell, k) => {
      const look = data.looks[data.grade[k]];
      const first = !seen.has(data.grade[k]);
      seen.add(data.grade[k]);
      const closed = [...cell, cell[0]];
      return {
        type: "scatter", mode: "lines", fill: "toself", x: closed.map((c) => c[0]), y: closed.map((c) => c[1]),
        fillcolor: look.colour, fillpattern: { shape: look.pattern, fillmode: "overlay", fgcolor: "rgba(0,0,0,0.3)", size: 7, solidity: 0.15 },
        line: { color: "#ffffff", width: 3 }, hoverinfo: "skip", name: safe(look.label), showlegend: first, legendgroup: data.grade[k],
      };
    });
    const middle = (cell, axis) => cell.reduce((sum, c) => sum + c[axis], 0) / cell.length;
    traces.push({
      type: "scatter", mode: "markers+text", showlegend: false, hoverinfo: "text", x: data.cells.map((c) => middle(c, 0)), y: data.cells.map((c) => middle(c, 1)),
      marker: { size: 34, opacity: 0 }, textposition: "middle center", textfont: { size: 12 }, hovertext: data.cells.map((_, k) => told(k)),
      text: data.cells.map((_, k) => `${safe(data.label[k])}<br><b>${all[shown].values.text(k)}</b>`),
    });
    const none = { visible: false, fixedrange: true };
    Plotly.react(chart, traces, layoutOf({
      height: Math.max(360, Math.min(640, Math.round(0.75 * chart.clientWidth))), hovermode: "closest", margin: { l: 8, r: 8, t: 8, b: 30 },
      xaxis: none, yaxis: { ...none, scaleanchor: "x" }, legend: { orientation: "h", y: 0, yanchor: "top", itemclick: false, itemdoubleclick: false },
    }), { ...CONFIG, modeBarButtons: [["toImage"]] });
  };
  controls.append(choice(words.quantity, all.map((q) => `${q.label} [${q.values.unit}]`), show));
  show(0);
};
