"use strict";
(() => {
  const NAME = document.body.dataset.name, FONT = "'DejaVu Sans', Verdana, sans-serif", WIDTH = 340, GAP = 24, LINE = 15;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const button = (text, label, action) => {
    const made = make("button", {type: "button", "aria-label": label}, text);
    made.addEventListener("click", action);
    return made;
  };
  const save = (name, blob) => {
    const link = make("a", {href: URL.createObjectURL(blob), download: `${NAME}-${name}`});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  /* Tables: buttons in the heads sort, a box filters, a line says what is shown. Missing numbers are always last. The rows lie in
     parts, of which a browser lays out those that are seen: of thousands of rows the layout takes far longer than the sorting.
     Parts are boxes that are no table's, so roles say that it is one. */
  const PART = 50, words = new Intl.Collator("en", {numeric: true}), text = cell => cell.textContent;
  const ROLES = {
    table: "table", "thead, tbody": "rowgroup", tr: "row", td: "cell", "th[scope=col]": "columnheader", "th[scope=row]": "rowheader"};
  const ranks = texts => {
    const places = new Map([...new Set(texts)].sort(words.compare).map((one, place) => [one, place]));
    return texts.map(one => places.get(one));
  };

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells], rows = [...table.tBodies[0].rows], order = rows.map((_, at) => at), keys = [];
    const parts = Array.from({length: Math.ceil(rows.length / PART)}, () => make("tbody", {}));
    const box = make("input", {type: "search", autocomplete: "off", spellcheck: "false"});
    const status = make("span", {role: "status"});
    let said = "", content = null;

    const show = () => {
      const sorted = order.map(at => rows[at]), shown = sorted.filter(row => !row.hidden);
      const queue = [...shown, ...sorted.filter(row => row.hidden)];
      parts.forEach((part, at) => {
        part.replaceChildren(...queue.slice(at * PART, (at + 1) * PART));
        part.hidden = at * PART >= shown.length;
      });
      status.textContent = `${shown.length === rows.length ? shown.length : `${shown.length} of ${rows.length}`} rows${said}`;
    };
    const keysOf = (head, at) => keys[at] ??= "n" in head.dataset
      ? rows.map(row => parseFloat(row.cells[at].dataset.v)) : ranks(rows.map(row => text(row.cells[at])));
    const sort = (head, at) => {
      const down = head.getAttribute("aria-sort") === "ascending", sign = down ? -1 : 1, key = keysOf(head, at);
      order.sort((a, b) => isNaN(key[a]) - isNaN(key[b]) || sign * (key[a] - key[b]) || 0);
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      said = `, by ${text(head)}, ${down ? "descending" : "ascending"}`;
      show();
    };
    const filter = () => {
      content ??= rows.map(row => [...row.cells].map(text).join(" ").toLowerCase());
      const wanted = box.value.toLowerCase().split(/\s+/);
      rows.forEach((row, at) => { row.hidden = !wanted.every(word => content[at].includes(word)); });
      show();
    };

    heads.forEach((head, at) => {
      const made = make("button", {type: "button"}, ...head.childNodes);
      made.addEventListener("click", () => sort(head, at));
      head.append(made);
    });
    box.addEventListener("input", filter);
    table.closest(".whole").prepend(make("p", {class: "tools"}, make("label", {}, "Rows with the words ", box), " ", status));
    table.tBodies[0].replaceWith(...parts);
    table.classList.add("parted");
    show();
    for (const [selector, role] of Object.entries(ROLES)) {
      for (const one of all(selector, table.parentElement)) one.setAttribute("role", role);
    }
  }

  /* Pictures: the panels of a figure side by side in one file, with their titles and the legend, in the light colours. */
  const light = {};
  for (const name of document.styleSheets[0].cssRules[0].style) {
    light[name] = document.styleSheets[0].cssRules[0].style.getPropertyValue(name).trim();
  }
  const svg = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const lines = title => title.match(/.{1,46}(?:[,;·\s]|$)|.{1,46}/g) ?? [];

  function picture(panels) {
    const shown = all(".panel", panels), across = Math.min(3, shown.length), width = across * (WIDTH + GAP) - GAP;
    const figure = panels.closest("figure"), said = id => text(document.getElementById(panels.getAttribute(id)));
    const root = svg("svg", {width, "font-family": FONT, "font-size": 11, "stroke-linejoin": "round"});
    root.append(svg("title", {}, said("aria-labelledby")), svg("desc", {}, said("aria-describedby")));
    let top = 0;
    for (let at = 0; at < shown.length; at += across) {
      const row = shown.slice(at, at + across).map(panel => [lines(text(panel.querySelector("p"))), panel.querySelector("svg")]);
      const head = Math.max(...row.map(([title]) => title.length)) * LINE;
      row.forEach(([title, drawn], place) => {
        const left = place * (WIDTH + GAP), copy = drawn.cloneNode(true), {width: w, height: h} = drawn.viewBox.baseVal;
        for (const name of ["aria-hidden", "focusable"]) copy.removeAttribute(name);
        for (const [name, value] of Object.entries({x: left, y: top + head, width: w, height: h})) copy.setAttribute(name, value);
        title.forEach((line, i) => root.append(svg("text", {x: left, y: top + LINE * (i + 0.8), "font-weight": 700, fill: "var(--ink)"}, line)));
        root.append(copy);
      });
      top += head + Math.max(...row.map(([, drawn]) => drawn.viewBox.baseVal.height)) + GAP / 2;
    }
    all(".legend li", figure).forEach((entry, at) => {
      const group = svg("g", {transform: `translate(${at % across * (WIDTH + GAP)} ${top})`});
      group.setAttribute("color", entry.querySelector("svg").style.color);
      group.append(entry.querySelector("path").cloneNode(true), svg("text", {x: 20, y: 11, fill: "var(--ink)"}, text(entry).trim()));
      root.append(group);
      if (at % across === across - 1) top += LINE;
    });
    const height = Math.ceil(top + LINE);
    root.setAttribute("height", height);
    root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const plain = new XMLSerializer().serializeToString(root).replace(/var\((--[\w-]+)\)/g, (_, name) => light[name]);
    return {width, height, text: plain.replaceAll("'DejaVu Sans';", `${FONT};`)};
  }

  async function png({width, height, text: source}) {
    const image = new Image(), canvas = make("canvas", {width: 2 * width, height: 2 * height}), brush = canvas.getContext("2d");
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
    await image.decode();
    brush.fillStyle = light["--paper"];
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise(done => canvas.toBlob(done, "image/png"));
  }

  function savable(panels) {
    const id = panels.getAttribute("aria-labelledby"), name = id.replace(/-finding$/, "");
    const label = ending => `Save as ${ending}: ${name}`;
    const svgFile = () => save(`${name}.svg`, new Blob([picture(panels).text], {type: "image/svg+xml"}));
    const pngFile = async () => save(`${name}.png`, await png(picture(panels)));
    panels.after(make("p", {class: "save"}, button("Save as SVG", label("SVG"), svgFile), " ", button("Save as PNG", label("PNG"), pngFile)));
  }

  /* The data: unpacked by the browser, where it can. */
  function data(place) {
    const packed = document.getElementById("embedded-data");
    if (!packed || !window.DecompressionStream) return;
    place.append(button("Save the data as CSV", "Save the data as CSV", async () => {
      const bytes = Uint8Array.from(atob(packed.textContent), letter => letter.charCodeAt(0));
      const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      save("data.csv", new Blob([await new Response(plain).arrayBuffer()], {type: "text/csv"}));
    }));
  }

  all("table.sortable").forEach(sortable);
  all(".panels").forEach(savable);
  all(".data-button").forEach(data);
})();
