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

  /* Tables: buttons in the heads sort, a box filters, a line says what is shown. Missing numbers are always last. */
  const words = new Intl.Collator("en", {numeric: true});
  const number = cell => parseFloat(cell.dataset.v), text = cell => cell.textContent;
  const byNumber = (a, b, sign) => isNaN(a) - isNaN(b) || sign * (a - b) || 0, byWords = (a, b, sign) => sign * words.compare(a, b);

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0], rows = [...body.rows];
    const box = make("input", {type: "search", autocomplete: "off", spellcheck: "false"});
    const status = make("span", {role: "status"});
    let order = "", content = null;

    const say = () => {
      const shown = rows.reduce((sum, row) => sum + !row.hidden, 0);
      status.textContent = `${shown === rows.length ? shown : `${shown} of ${rows.length}`} rows${order}`;
    };
    const sort = (head, at) => {
      const down = head.getAttribute("aria-sort") === "ascending";
      const [key, compare] = "n" in head.dataset ? [number, byNumber] : [text, byWords];
      const keyed = [...body.rows].map(row => [key(row.cells[at]), row]);
      keyed.sort((a, b) => compare(a[0], b[0], down ? -1 : 1));
      body.append(...keyed.map(pair => pair[1]));
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      order = `, by ${text(head)}, ${down ? "descending" : "ascending"}`;
      say();
    };
    const filter = () => {
      content ??= rows.map(row => [...row.cells].map(text).join(" ").toLowerCase());
      const wanted = box.value.toLowerCase().split(/\s+/);
      rows.forEach((row, at) => { row.hidden = !wanted.every(word => content[at].includes(word)); });
      say();
    };

    heads.forEach((head, at) => {
      const made = make("button", {type: "button"}, ...head.childNodes);
      made.addEventListener("click", () => sort(head, at));
      head.append(made);
    });
    box.addEventListener("input", filter);
    table.closest(".whole").prepend(make("p", {class: "tools"}, make("label", {}, "Rows with the words ", box), " ", status));
    say();
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
