"use strict";
// Figures with curves: an entry of the legend hides its curves, pointing at a panel shows their values, dragging over
// a part of it enlarges that part. Values are read from the drawn path, by the panel's axes.
for (const figure of document.querySelectorAll("figure[data-chart]")) {
  const chart = JSON.parse(figure.dataset.chart);
  const svg = figure.querySelector("svg");
  const whole = svg.getAttribute("viewBox");
  const [, , width, height] = whole.split(" ");
  const view = figure.querySelector("output"); // what part is shown
  const back = figure.querySelector("button");
  const values = figure.querySelector(".values");
  const part = id => svg.querySelector(`[data-part="${id}"]`);
  const set = (element, attributes) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  };
  const draw = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    set(element, attributes);
    return svg.appendChild(element);
  };
  const between = (value, a, b) => value >= Math.min(a, b) && value <= Math.max(a, b);

  svg.style.aspectRatio = `${width} / ${height}`;
  svg.setAttribute("preserveAspectRatio", "none");
  svg.classList.add("live");

  // Legend
  const off = new Set();
  const show = () => {
    for (const key of chart.keys)
      for (const id of key.stands_for)
        part(id).style.display = [...off].some(each => each.stands_for.includes(id)) ? "none" : "";
  };
  for (const key of chart.keys) {
    const boxes = key.own.map(id => part(id).getBBox());
    const left = Math.min(...boxes.map(box => box.x)), top = Math.min(...boxes.map(box => box.y));
    const button = draw("rect", {
      role: "button", tabindex: 0, "aria-label": key.name, "aria-pressed": true, fill: "transparent",
      x: left - 2, width: Math.max(...boxes.map(box => box.x + box.width)) - left + 4,
      y: top - 2, height: Math.max(...boxes.map(box => box.y + box.height)) - top + 4,
    });
    const toggle = () => {
      if (!off.delete(key)) off.add(key);
      button.setAttribute("aria-pressed", !off.has(key));
      for (const id of key.own) part(id).style.opacity = off.has(key) ? 0.3 : 1;
      show();
    };
    button.addEventListener("click", toggle);
    button.addEventListener("keydown", event => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(); }
    });
  }

  // Values
  const scaled = ({ low, high, log }, share) => log ? low * (high / low) ** share : low + share * (high - low);
  const valueX = (panel, x) => scaled(panel.x, (x - panel.box[0]) / (panel.box[2] - panel.box[0]));
  const valueY = (panel, y) => scaled(panel.y, (panel.box[3] - y) / (panel.box[3] - panel.box[1]));
  const written = (axis, value) => axis.log
    ? String(+value.toPrecision(3))
    : String(+value.toFixed(Math.max(0, Math.ceil(3 - Math.log10(Math.abs(axis.high - axis.low))))));
  const points = new Map(); // of a curve, read once
  const pointsOf = id => {
    if (!points.has(id)) {
      const path = part(id).querySelector(":scope > path")?.getAttribute("d") ?? ""; // lines only: "M1 2L3 4"
      points.set(id, path.split(/[ML]/).slice(1).map(pair => pair.split(" ").map(Number)));
    }
    return points.get(id);
  };
  const guide = draw("line", { class: "guide" });
  const at = event => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const panelAt = point => chart.panels.find(
    ({ box }) => between(point.x, box[0], box[2]) && between(point.y, box[1], box[3]));
  const tell = event => {
    const point = at(event), panel = panelAt(point);
    let found = [];
    if (panel) {
      for (const [id, name] of Object.entries(panel.curves)) {
        if (part(id).style.display === "none") continue;
        const inside = pointsOf(id).filter(([x]) => between(x, panel.box[0], panel.box[2]));
        if (!inside.length) continue;
        const [x, y] = inside.reduce((a, b) => Math.abs(b[0] - point.x) < Math.abs(a[0] - point.x) ? b : a);
        found.push({ x, y, name, colour: part(id).querySelector("path").style.stroke });
      }
      const nearest = Math.min(...found.map(each => Math.abs(each.x - point.x)));
      found = found.filter(each => Math.abs(each.x - point.x) < nearest + 0.5).sort((a, b) => a.y - b.y);
    }
    guide.style.display = found.length ? "inline" : "none";
    values.hidden = !found.length;
    if (!found.length) return;
    const { x } = found[0];
    set(guide, { x1: x, x2: x, y1: panel.box[1], y2: panel.box[3] });
    values.replaceChildren(`${panel.x.name} ${written(panel.x, valueX(panel, x))}`);
    for (const each of found) {
      const row = values.appendChild(document.createElement("div"));
      row.style.borderColor = each.colour;
      row.textContent = `${each.name} ${written(panel.y, valueY(panel, each.y))}`;
    }
    const frame = values.offsetParent.getBoundingClientRect();
    const beside = event.clientX - frame.left;
    values.style.left = `${beside + (beside > frame.width / 2 ? -16 - values.offsetWidth : 16)}px`;
    values.style.top = `${event.clientY - frame.top + 16}px`;
  };

  // Enlarging
  const frame = draw("rect", { class: "frame" });
  let start = null;
  const reach = event => { // from the start to here, within the panel
    const [left, top, right, bottom] = start.panel.box, end = at(event);
    const x = Math.min(Math.max(end.x, left), right), y = Math.min(Math.max(end.y, top), bottom);
    return [Math.min(x, start.x), Math.min(y, start.y), Math.abs(x - start.x), Math.abs(y - start.y)];
  };
  const look = (box, words) => {
    svg.setAttribute("viewBox", box);
    svg.classList.toggle("enlarged", box !== whole);
    back.hidden = box === whole;
    view.textContent = words;
  };
  const enlarge = ([x, y, width, height], panel) => {
    const range = (axis, from, to) => `${axis.name}: ${written(axis, from)} to ${written(axis, to)}`;
    const across = range(panel.x, valueX(panel, x), valueX(panel, x + width));
    const up = range(panel.y, valueY(panel, y + height), valueY(panel, y));
    look(`${x} ${y} ${width} ${height}`, `${across}; ${up}`);
  };
  const restore = () => look(whole, "");
  back.addEventListener("click", restore);
  svg.addEventListener("dblclick", restore);
  svg.addEventListener("pointerdown", event => {
    const point = at(event), panel = panelAt(point);
    if (!panel || event.pointerType === "touch" || event.button) return;
    start = { x: point.x, y: point.y, panel };
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", event => {
    tell(event);
    if (!start) return;
    const [x, y, width, height] = reach(event);
    set(frame, { x, y, width, height });
    frame.style.display = "inline";
  });
  svg.addEventListener("pointerup", event => {
    if (!start) return;
    const box = reach(event), { panel } = start;
    start = null;
    frame.style.display = "none";
    if (box[2] > svg.viewBox.baseVal.width / 100 && box[3] > svg.viewBox.baseVal.height / 100) enlarge(box, panel);
  });
  svg.addEventListener("pointercancel", () => { start = null; frame.style.display = "none"; });
  svg.addEventListener("pointerleave", () => { values.hidden = true; guide.style.display = "none"; });
}
document.querySelector("#live").hidden = false;
