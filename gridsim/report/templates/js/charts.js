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
      hovertemplate: `%{y} %{x}:00　%{customdata} ${safe(numbers.unit)}<extra></extra>`,
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
      customdata: numbers.texts(), hovertemplate: `%{customdata} ${safe(numbers.unit)}`,
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
        marker: patterned(data.looks[item]), customdata: numbers.texts(), hovertemplate: `%{customdata} ${safe(numbers.unit)}`,
      };
    });
    const line = (packed, label, style) => {
      const numbers = unpack(packed);
      return {
        type: "scatter", mode: "lines", name: safe(label), x: shown.times, y: numbers.values(),
        line: { shape: "hvh", ...style }, customdata: numbers.texts(), hovertemplate: `%{customdata} ${safe(numbers.unit)}`,
      };
    };
    traces.push(line(shown.drawn, data.drawn, { color: "#b30000", width: 1.5, dash: "dash" }));
    traces.push(line(shown.load, data.load, { color: "#000000", width: 2.5 }));
    Plotly.react(chart, traces, layoutOf({
      height: 470, barmode: "relative", bargap: 0, hovermode: "x unified",
      xaxis: axisOf(words.axis_hour, { type: "category", fixedrange: true }),
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
        customdata: numbers.texts(), hovertemplate: `%{customdata} ${safe(unit)}`,
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

makers.hosting = ({ controls, chart, data }) => {
  const show = (k) => {
    const traces = data.curves.filter((_, at) => k === 0 || at === k - 1).map((curve) => {
      const added = unpack(curve.added);
      const rate = unpack(curve.rate);
      return {
        type: "scatter", mode: "lines+markers", name: safe(curve.label), x: added.values(), y: rate.values(),
        customdata: added.texts().map((text, at) => `${text} ${safe(added.unit)}　${rate.text(at)} ${safe(rate.unit)}`),
        hovertemplate: "%{customdata}",
      };
    });
    const unit = unpack(data.curves[0].added).unit;
    Plotly.react(chart, traces, layoutOf({
      height: 440, hovermode: "closest", showlegend: true, uirevision: k,
      xaxis: axisOf(unitOf(words.hosting_added, unit), { rangemode: "tozero" }),
      yaxis: axisOf(words.hosting_rate, { rangemode: "tozero" }),
      shapes: [{
        type: "line", xref: "paper", x0: 0, x1: 1, y0: data.target_percent, y1: data.target_percent,
        line: { color: "#b30000", width: 1.5, dash: "dash" },
      }],
    }), CONFIG);
  };
  if (data.curves.length > 1) controls.append(choice(words.view, [words.hosting_all, ...data.curves.map((c) => c.label)], show));
  show(0);
};
