// The live page. It asks the handler once a second for what is new and draws it; nothing is ever sent.
//
// Texts of the cache, such as keys, become text nodes and nothing else: there is no HTML in this file.

const shown = 300; // points, as the handler keeps
const gap = 5000; // milliseconds without a point that interrupt a line
const patience = 10_000; // milliseconds that an answer may take
const patienceOfWalk = 110_000;

let points = [];
let census = null;
let last = null; // what the handler said last
let cursor = null; // the time that the reader points at, in all charts
let paused = false;

// Words and numbers

const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const digits = (n, most, least = 1) =>
  new Intl.NumberFormat("en", { minimumSignificantDigits: least, maximumSignificantDigits: most }).format(n);

// scaled writes a number below a thousand with the unit that makes it so.
function scaled(n, units, base) {
  let i = 0;
  for (; Math.abs(n) >= base * 0.9995 && i < units.length - 1; i++) n /= base;
  return [i === 0 && Number.isInteger(n) ? plain.format(n) : digits(n, 3, 3), units[i]];
}

const join = ([number, unit]) => (unit ? `${number} ${unit}` : number);
const countParts = (n) => (n < 10_000 ? [n < 10 && n > 0 ? digits(n, 2) : plain.format(n), ""] : scaled(n, ["", "k", "M", "G", "T"], 1000));
const byteParts = (n) => scaled(n, ["B", "KiB", "MiB", "GiB", "TiB"], 1024);
const timeParts = (us) => scaled(us, ["µs", "ms", "s"], 1000);
const percentParts = (x) => [x === 1 ? "100" : (Math.floor(x * 1000) / 10).toFixed(1), "%"];
const count = (n) => join(countParts(n));
const bytes = (n) => join(byteParts(n));
const round = ([number, unit]) => join([number.includes(".") ? number.replace(/\.?0+$/, "") : number, unit]);
const latency = (us) => join(timeParts(us));
const percent = (x) => join(percentParts(x));
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function duration(ms) {
  const s = Math.floor(ms / 1000);
  const parts = [[Math.floor(s / 86400), "d"], [Math.floor(s / 3600) % 24, "h"], [Math.floor(s / 60) % 60, "min"], [s % 60, "s"]];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return "0 s";
  return parts.slice(first, first + 2).filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(" ");
}

// The document

const byID = (id) => document.getElementById(id);

// write changes a text only if it is another, so that nothing that is selected or read aloud is disturbed.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// writeParts writes a text in which pieces in backquotes are code.
function writeParts(node, text) {
  if (node.dataset.text === text) return;
  node.dataset.text = text;
  node.replaceChildren(...text.split("`").map((part, i) => (i % 2 ? element("code", { text: part }) : part)));
}

function writeFigure(id, [number, unit]) {
  const node = byID(id);
  const text = number + unit;
  if (node.dataset.text === text) return;
  node.dataset.text = text;
  node.replaceChildren(number, ...(unit ? [element("small", { text: unit })] : []));
}

function element(name, { text, className, ...attributes } = {}) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function svg(name, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  set(node, attributes);
  return node;
}

function set(node, attributes) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
}

function show(panel, visible) {
  for (const node of document.querySelectorAll(`[data-panel="${panel}"]`)) node.hidden = !visible;
}

// fill makes rows those of a table. A cell is a text, or an object with a text and what else is to be known of it.
function fill(id, rows) {
  const body = byID(id).tBodies[0];
  const text = JSON.stringify(rows);
  if (body.dataset.text === text) return;
  body.dataset.text = text;
  body.replaceChildren(...rows.map((cells) => {
    const row = element("tr");
    cells.forEach((cell, i) => row.append(tableCell(typeof cell === "string" ? { text: cell } : cell, i === 0)));
    return row;
  }));
  byID(id).closest(".scroll").hidden = rows.length === 0;
}

function tableCell({ text, kind, title, share, swatch }, heads) {
  const cell = element(heads ? "th" : "td", heads ? { scope: "row" } : {});
  if (kind) cell.className = kind;
  if (title) cell.title = title;
  let content = kind === "text" ? element("bdi", { text }) : text;
  if (swatch) cell.append(element("span", { className: `swatch ${swatch}` }));
  if (share !== undefined) {
    content = element("span", { className: "bar" });
    content.append(element("b", { text }));
    content.style.setProperty("--share", `${(100 * share).toFixed(2)}%`);
  }
  cell.append(content);
  return cell;
}

const number = (text) => ({ text, kind: "number" });
const key = (text) => ({ text, kind: "text", title: text });

// Charts

// nice returns a round number not below n, at which a scale may end.
function nice(n) {
  if (!(n > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= n * 0.9999) * power;
}

// niceBytes does so in powers of two.
function niceBytes(n) {
  let unit = 1;
  while (n / unit >= 1024) unit *= 1024;
  return nice(n / unit) * unit;
}

const height = 112;
const below = 18; // for the axis of time
const above = 8;
const beside = 48; // for the axis of values

// Scales place values between the ends of an axis.

const mostTicks = 8;

const linear = {
  at: (value, low, high) => (value - low) / (high - low),
  ticks: (low, high) => [low, (low + high) / 2, high],
};

const logarithmic = {
  at: (value, low, high) => Math.log(Math.max(value, low) / low) / Math.log(high / low),
  ticks(low, high) {
    const decades = Math.round(Math.log10(high / low));
    const step = Math.ceil(decades / 3);
    return Array.from({ length: Math.floor(decades / step) + 1 }, (_, i) => low * 10 ** (i * step));
  },
};

// Chart draws series of points over time. A series is a name, a colour class and a function from a point to a value, null
// where there is none. A quiet chart has its present values told by a figure above it.
class Chart {
  constructor(place, { label, series, parts, per = "", range, limit, scale = linear, quiet = false }) {
    Object.assign(this, { label, series, parts, per, range, limit, scale, quiet });
    this.svg = svg("svg", { height: height + below, tabindex: 0, role: "slider", "aria-label": label, "aria-valuemin": 0 });
    this.grid = Array.from({ length: mostTicks }, (_, i) => ({ line: svg("line", { class: i ? "grid" : "grid base" }), text: svg("text") }));
    this.begin = svg("text", { y: height + 14 });
    this.end = svg("text", { y: height + 14, "text-anchor": "end" });
    this.limitLine = svg("line", { class: "limit" });
    this.hair = svg("line", { class: "hair", y1: 0, y2: height });
    this.svg.append(...this.grid.map((g) => g.line), this.limitLine);
    for (const s of series) {
      s.area = svg("path", { class: `area ${s.color}` });
      s.line = svg("path", { class: `line ${s.color}` });
      s.dot = svg("circle", { class: `dot ${s.color}`, r: 3.5 });
      this.svg.append(s.area, s.line);
    }
    this.svg.append(...this.grid.map((g) => g.text), this.begin, this.end, this.hair, ...series.map((s) => s.dot));
    this.legend = element("ul", { className: "legend" });
    for (const s of series) {
      const item = element("li", { className: "entry" });
      s.value = element("b");
      item.append(element("span", { className: `key ${s.color}` }), `${s.name} `, s.value);
      this.legend.append(item);
    }
    this.time = element("time");
    this.legend.append(this.time);
    place.classList.add("chart");
    place.append(this.svg, this.legend);
    new ResizeObserver(() => this.draw()).observe(place);
    this.listen();
  }

  listen() {
    this.svg.addEventListener("pointermove", (e) => {
      const box = this.svg.getBoundingClientRect();
      point(this.from + ((e.clientX - box.left) / this.width) * (this.to - this.from));
    });
    this.svg.addEventListener("pointerleave", () => point(null));
    this.svg.addEventListener("blur", () => point(null));
    this.svg.addEventListener("keydown", (e) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
      if (e.key === "Escape") point(null);
      if (!step || points.length === 0) return;
      e.preventDefault();
      const at = cursor === null ? points.length - (step < 0 ? 0 : 1) : points.indexOf(nearest(cursor));
      point(points[Math.min(Math.max(at + step, 0), points.length - 1)].at);
    });
  }

  draw() {
    this.width = this.svg.getBoundingClientRect().width - beside;
    if (this.width <= 0) return;
    [this.from, this.to] = span();
    [this.low, this.high] = this.range(this.values());
    this.drawGrid();
    for (const s of this.series) this.drawSeries(s);
    this.drawCursor();
  }

  values() {
    return this.series.flatMap((s) => points.map(s.get)).filter((v) => v !== null);
  }

  x(at) { return ((at - this.from) / (this.to - this.from)) * this.width; }

  y(value) { return height - this.scale.at(value, this.low, this.high) * (height - above); }

  drawGrid() {
    const ticks = this.scale.ticks(this.low, this.high);
    for (const [i, { line, text }] of this.grid.entries()) {
      const value = ticks[i];
      line.style.display = text.style.display = value === undefined ? "none" : "";
      if (value === undefined) continue;
      const y = Math.round(this.y(value)) + 0.5;
      set(line, { x1: 0, x2: this.width, y1: y, y2: y });
      set(text, { x: this.width + 7, y: y + 4 });
      write(text, value ? round(this.parts(value)) : "0");
    }
    const limit = this.limit?.() ?? 0;
    const visible = limit > 0 && limit <= this.high;
    this.limitLine.style.display = visible ? "" : "none";
    if (visible) set(this.limitLine, { x1: 0, x2: this.width, y1: this.y(limit), y2: this.y(limit) });
    set(this.begin, { x: 0 });
    set(this.end, { x: this.width });
    write(this.begin, `${duration(Math.round((this.to - this.from) / 1000) * 1000)} ago`);
    write(this.end, "now");
  }

  drawSeries(s) {
    let line = "", area = "", before = null, start = 0;
    const close = () => { if (before) area += `L${this.x(before.at).toFixed(1)} ${height}L${start.toFixed(1)} ${height}Z`; };
    for (const p of points) {
      const value = s.get(p);
      if (value === null || p.at < this.from) continue;
      const at = `${this.x(p.at).toFixed(1)} ${this.y(value).toFixed(1)}`;
      if (before && p.at - before.at <= gap) {
        line += `L${at}`;
        area += `L${at}`;
      } else {
        close();
        start = this.x(p.at);
        line += `M${at}h.01`;
        area += `M${at}`;
      }
      before = p;
    }
    close();
    set(s.line, { d: line });
    set(s.area, { d: s.bare ? "" : area });
  }

  // drawCursor writes the values at the time that is pointed at, otherwise those of now.
  drawCursor() {
    const p = cursor === null ? points.at(-1) : nearest(cursor);
    const pointed = cursor !== null && p;
    this.hair.style.display = pointed ? "" : "none";
    if (pointed) set(this.hair, { x1: this.x(p.at), x2: this.x(p.at) });
    for (const s of this.series) {
      const value = p ? s.get(p) : null;
      s.dot.style.display = pointed && value !== null ? "" : "none";
      if (value !== null) set(s.dot, { cx: this.x(p.at), cy: this.y(value) });
      write(s.value, value === null ? "–" : join(this.parts(value)) + this.per);
    }
    write(this.time, pointed ? clock.format(p.at) : "");
    this.legend.classList.toggle("quiet", this.quiet && !pointed);
    // Who hears a chart instead of seeing it moves through its points as through the values of a slider. What goes on at
    // the end of it is not read out unasked.
    if (!pointed && document.activeElement === this.svg && this.svg.ariaValueText?.startsWith("now")) return;
    const words = this.series.map((s) => `${s.name} ${s.value.textContent}`).join(", ");
    set(this.svg, {
      "aria-valuemax": Math.max(points.length - 1, 0),
      "aria-valuenow": p ? points.indexOf(p) : 0,
      "aria-valuetext": `${pointed ? clock.format(p.at) : "now"}: ${words}`,
    });
  }
}

// span returns the time that charts show: the last minute at first, growing to all that is kept.
function span() {
  const to = points.at(-1)?.at ?? Date.now();
  const from = points[0]?.at ?? to;
  return [to - Math.min(Math.max(to - from, 60_000), shown * 1000), to];
}

function nearest(at) {
  let best;
  for (const p of points) if (!best || Math.abs(p.at - at) < Math.abs(best.at - at)) best = p;
  return best;
}

// point sets the time that is pointed at.
function point(at) {
  cursor = at;
  for (const c of Object.values(charts)) if (c.width > 0) c.drawCursor();
}

// upTo is the range from zero to a round number above all values and not below the least one given.
const upTo = (round, least) => (values) => [0, round(Math.max(least, 1.05 * Math.max(0, ...values)))];

// decades is the range of values that differ by orders of magnitude.
function decades(values) {
  if (values.length === 0) return [1, 1000];
  const low = 10 ** Math.floor(Math.log10(Math.max(0.01, Math.min(...values))));
  return [low, Math.max(100 * low, 10 ** Math.ceil(Math.log10(Math.max(...values))))];
}

// toOne is the range of a ratio: what lies below the least is not shown when the least is high.
function toOne(values) {
  const least = values.length ? Math.min(...values) : 0;
  return [least > 0.99 ? 0.98 : least > 0.9 ? 0.8 : least > 0.75 ? 0.5 : 0, 1];
}

const ratio = (p) => (p.hits + p.misses > 0 ? p.hits / (p.hits + p.misses) : null);
const field = (name) => (p) => p[name] ?? null;

const chartOptions = {
  ratio: { label: "Hit ratio", parts: percentParts, range: toOne, quiet: true, series: [{ name: "Hits", color: "one", get: ratio }] },
  rate: {
    label: "Operations a second", parts: countParts, range: upTo(nice, 10), quiet: true,
    series: [{ name: "A second", color: "one", get: (p) => (last.served ? p.commands : p.hits + p.misses) }],
  },
  latency: {
    label: "Latency", parts: timeParts, scale: logarithmic, range: decades,
    series: [
      { name: "99.9 %", color: "two", get: field("p999"), bare: true },
      { name: "99 %", color: "one", get: field("p99"), bare: true },
      { name: "50 %", color: "three", get: field("p50"), bare: true },
    ],
  },
  memory: {
    label: "Memory", parts: byteParts, range: (values) => upTo(niceBytes, 1 << 20)([...values, nearLimit(values)]), limit: () => last.memory.limit,
    series: [
      { name: "Held", color: "two", get: field("resident"), bare: true },
      { name: "Filled", color: "one", get: field("used") },
    ],
  },
  keys: {
    label: "Keys", parts: countParts, range: upTo(nice, 10), quiet: true,
    series: [{ name: "Keys", color: "one", get: field("keys") }],
  },
  gone: {
    label: "Keys gone a second", parts: countParts, range: upTo(nice, 10),
    series: [
      { name: "Expired", color: "one", get: field("expired") },
      { name: "Evicted", color: "two", get: field("evicted") },
    ],
  },
  traffic: {
    label: "Bytes a second", parts: byteParts, per: "/s", range: upTo(niceBytes, 1024),
    series: [
      { name: "Sent", color: "one", get: field("sent") },
      { name: "Received", color: "two", get: field("received") },
    ],
  },
  clients: {
    label: "Clients", parts: countParts, range: upTo(nice, 4),
    series: [{ name: "Connected", color: "one", get: field("clients") }],
  },
};

// nearLimit returns the memory limit if what is held comes near it, so that the scale includes it.
function nearLimit(values) {
  const { limit } = last.memory;
  return Math.max(0, ...values) > limit / 2 ? limit : 0;
}

const charts = {};

// Figures

// recent returns the points of the last seconds.
function recent(seconds) {
  const to = points.at(-1)?.at ?? 0;
  return points.filter((p) => p.at > to - seconds * 1000);
}

const sum = (list, name) => list.reduce((total, p) => total + p[name], 0);

function drawLead() {
  const now = points.at(-1);
  const some = recent(10);
  const hits = sum(some, "hits"), misses = sum(some, "misses");
  writeFigure("ratio-value", hits + misses > 0 ? percentParts(hits / (hits + misses)) : ["–", ""]);
  const { totals, memory } = last;
  const lookups = totals.hits + totals.misses;
  write(byID("ratio-aside"), lookups ? `${percent(totals.hits / lookups)} since the start` : "No lookups yet");

  write(byID("rate-title"), last.served ? "Commands a second" : "Lookups a second");
  writeFigure("rate-value", now ? countParts(Math.round(last.served ? now.commands : now.hits + now.misses)) : ["–", ""]);
  write(byID("rate-aside"), `${count(last.served ? totals.commands : lookups)} since the start`);

  writeFigure("memory-value", byteParts(memory.resident));
  write(byID("memory-aside"), memory.limit ? `${percent(memory.resident / memory.limit)} of ${round(byteParts(memory.limit))}` : "No limit");
  drawLatency(some);

  const volatile = sum(last.databases, "volatile");
  writeFigure("keys-value", countParts(sum(last.databases, "keys")));
  write(byID("keys-aside"), `${count(volatile)} with a time to live`);
}

function drawLatency(some) {
  const timed = last.latency;
  const now = some.findLast((p) => p.p99 !== null);
  writeFigure("latency-value", now ? timeParts(now.p99) : ["–", ""]);
  writeParts(byID("latency-aside"), timed.on ? (now ? `Half of all within ${latency(now.p50)}` : "No calls") : "Off; `CONFIG SET latency-tracking yes`");
}

function drawFacts() {
  write(byID("name"), last.name);
  write(byID("facts"), [last.name === "larder" ? last.version : `larder ${last.version}`, last.policy, `up ${duration(last.now - last.started)}`].join("  ·  "));
  const figure = byID("ratio-value").textContent;
  document.title = last.counted && figure !== "–" ? `${figure} hits · ${last.name}` : last.name;
}

function drawAsides() {
  const { totals, clients, policy, memory } = last;
  write(byID("gone-aside"), `${count(totals.expired)} expired, ${count(totals.evicted)} evicted${memory.limit ? ` by ${policy}` : ""}`);
  write(byID("traffic-aside"), `${bytes(totals.received)} received, ${bytes(totals.sent)} sent`);
  const kinds = [[clients.blocked, "waiting"], [clients.tracking, "tracking"], [clients.topics, clients.topics === 1 ? "topic subscribed to" : "topics subscribed to"]];
  const words = kinds.filter(([n]) => n > 0).map(([n, word]) => `${count(n)} ${word}`);
  write(byID("clients-aside"), [`At most ${round(countParts(clients.limit))}`, ...words, `${bytes(clients.bytes)} held`].join(", "));
}

function drawTables() {
  fill("databases", last.databases.map((d) => [`db${d.db}`, number(count(d.keys)), number(count(d.volatile))]));
  fill("errors", last.errors.slice(0, 8).map((e) => [e.code, number(count(e.count))]));
  write(byID("errors-aside"), last.errors.length ? "" : "None");
  drawHot();
  drawCommands();
  drawSlow();
}

function drawHot() {
  const { on, keys } = last.hot;
  const most = keys[0]?.rate || 1;
  fill("hot", keys.map((k) => [key(k.key), number(String(k.db)), { text: count(k.rate), kind: "number", share: k.rate / most }]));
  writeParts(byID("hot-aside"), on ? (keys.length ? "Estimated from a sample of all uses" : "None in the last window") : hotHint());
}

const hotHint = () => (last.served ? "Off; `CONFIG SET hotkeys-top-k 16`" : "Off; `Cache.SetHotKeyOptions`");

function drawCommands() {
  const timed = last.latency;
  fill("commands", timed.commands.map((c) => [c.name, number(count(c.calls)), number(latency(c.p50)), number(latency(c.p99)), number(latency(c.p999))]));
  writeParts(byID("commands-aside"), timed.on ? "" : "Off; `CONFIG SET latency-tracking yes`");
}

function drawSlow() {
  const { slow } = last;
  fill("slow", slow.entries.map((e) => [clock.format(e.at), number(latency(e.micros)), { ...key(e.command), title: `${e.client}: ${e.command}` }]));
  writeParts(byID("slow-aside"), slow.threshold < 0 ? "Off; `CONFIG SET slowlog-log-slower-than 10000`" : `Longer than ${round(timeParts(slow.threshold))}${slow.entries.length ? "" : ": none"}`);
}

// Memory by type

const typeNames = { string: "Strings", list: "Lists", set: "Sets", zset: "Sorted sets", hash: "Hashes" };

function drawCensus() {
  if (!census || !last) return;
  const { used, resident } = last.memory;
  const counted = sum(census.types, "bytes");
  const scale = Math.min(1, used / (counted || 1)); // the walk was a while ago
  const parts = census.types.map((t) => ({ name: typeNames[t.type], kind: t.type, keys: t.keys, bytes: t.bytes * scale }));
  parts.sort((a, b) => b.bytes - a.bytes);
  if (used > counted) parts.push({ name: "Indexes and other", kind: "other", bytes: used - counted });
  if (resident > used) parts.push({ name: "Fragmentation", kind: "fragmentation", bytes: resident - used });
  const share = (n) => (resident ? n / resident : 0);
  drawComposition(parts, share);
  fill("types", parts.map((p) => [
    { text: p.name, swatch: p.kind },
    number(p.keys === undefined ? "" : count(p.keys)),
    number(bytes(p.bytes)),
    { text: p.keys ? bytes(p.bytes / p.keys) : "", kind: "number extra" },
    number(percent(share(p.bytes))),
  ]));
  const keys = sum(last.databases, "keys");
  write(byID("store-aside"), `${count(keys)} ${keys === 1 ? "key" : "keys"}; ${bytes(used)} filled of ${bytes(resident)} held from the system`);
}

function drawComposition(parts, share) {
  const bar = byID("composition");
  const kinds = parts.map((p) => p.kind).join();
  if (bar.dataset.kinds !== kinds) {
    bar.dataset.kinds = kinds;
    bar.hidden = parts.length === 0;
    bar.replaceChildren(...parts.map((p) => element("span", { className: p.kind })));
  }
  parts.forEach((p, i) => bar.children[i].style.setProperty("--share", `${(100 * share(p.bytes)).toFixed(3)}%`));
}

function drawBig() {
  const most = census.big[0]?.bytes || 1;
  fill("big", census.big.slice(0, 10).map((k) => [key(k.key), k.type, number(String(k.db)), { text: bytes(k.bytes), kind: "number", share: k.bytes / most }]));
  write(byID("big-aside"), census.big.length ? `As of ${clock.format(census.at)}` : "There are no keys");
}

// The conversation

async function ask(url, patience) {
  const reply = await fetch(url, { signal: AbortSignal.timeout(patience), cache: "no-store" });
  if (!reply.ok) throw new Error(await reply.text());
  return reply.json();
}

function tell(state, text) {
  const node = byID("state");
  node.dataset.state = state;
  write(node, text);
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// looking resolves as soon as somebody can see the page and has not paused it.
async function looking() {
  while (paused || document.hidden) await wait(200);
}

async function follow() {
  for (;;) {
    await looking();
    try {
      take(await ask(`stats.json?after=${points.at(-1)?.at ?? 0}`, patience));
      if (!paused) tell("live", "Live");
      await wait(1000);
    } catch {
      tell("lost", "Not reachable, trying again");
      await wait(3000);
    }
  }
}

function take(report) {
  last = report;
  points = points.concat(report.points).slice(-shown);
  show("ratio", last.counted);
  show("rate", last.counted);
  for (const panel of ["traffic", "clients", "commands"]) show(panel, last.served);
  show("latency", last.served);
  show("keys", !last.served);
  for (const [name, chart] of Object.entries(chartOptions)) {
    charts[name] ??= new Chart(document.querySelector(`[data-chart="${name}"]`), chart);
    charts[name].draw();
  }
  drawLead();
  drawFacts();
  drawAsides();
  drawTables();
  drawCensus();
}

// followCensus asks for what keys take, as often as the handler is ready to walk over them.
async function followCensus() {
  for (;;) {
    await looking();
    try {
      census = await ask("census.json", patienceOfWalk);
      drawCensus();
      drawBig();
      await wait(census.rest + 100);
    } catch {
      await wait(5000);
    }
  }
}

byID("pause").addEventListener("click", () => {
  paused = !paused;
  byID("pause").setAttribute("aria-pressed", paused);
  write(byID("pause"), paused ? "Resume" : "Pause");
  if (paused) tell("paused", "Paused");
});

follow();
followCensus();
