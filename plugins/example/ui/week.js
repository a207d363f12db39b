// The frame has an origin of its own and no network: all that it knows of the
// site it asks by the port that the console hands over.
let port;
let asked = 0;
const waiting = new Map();

function call(name, args) {
  return new Promise((resolve, reject) => {
    const id = ++asked;
    waiting.set(id, { resolve, reject });
    port.postMessage({ id, call: name, args });
  });
}

async function show() {
  const context = await call("context");
  document.documentElement.lang = context.locale;
  document.documentElement.dir = context.dir;
  const start = new Date();
  const days = Array.from({ length: 7 }, (_, i) => new Date(start.getTime() + i * 86400000));
  const months = [...new Set(days.map((d) => d.toISOString().slice(0, 7)))];
  const answers = await Promise.all(months.map((m) => call("api", { method: "GET", path: "/months/" + m })));
  const meetings = answers.flatMap((a) => a.body.data);
  const list = document.getElementById("days");
  list.replaceChildren(...days.map((d) => {
    const item = document.createElement("li");
    const time = document.createElement("time");
    time.textContent = d.toLocaleDateString(context.locale, { weekday: "short", day: "numeric" });
    item.append(time, ...meetings.filter((m) => m.day === d.toISOString().slice(0, 10)).map((m) => {
      const line = document.createElement("div");
      line.textContent = m.title;
      return line;
    }));
    return item;
  }));
  await call("resize", { height: document.body.scrollHeight });
}

window.addEventListener("message", (event) => {
  if (port || event.data?.recueil !== 1 || !event.ports[0]) return;
  port = event.ports[0];
  port.onmessage = ({ data }) => {
    const one = waiting.get(data.id);
    if (!one) return;
    waiting.delete(data.id);
    if (data.ok) one.resolve(data.value);
    else one.reject(new Error(data.error.detail));
  };
  show();
});
