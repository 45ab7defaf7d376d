// Asks each service through the gateway, shows what it says, and asks again while somebody looks.

const everyMs = 5_000;
const patienceMs = 4_000;
const asked = ["gap-detector", "recurrent-processor", "analysis-engine", "rubik-agent"];

/** What an address says: its JSON, and whether that is good news. Never throws. */
async function ask(path) {
  try {
    const response = await fetch(path, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(patienceMs), cache: "no-store" });
    const body = await response.json();
    // The gateway's own "does not answer" has a number in the place of a service's word.
    const word = typeof body.status === "string" ? body.status : response.ok ? "healthy" : "no answer";
    return { good: response.ok, word, body };
  } catch {
    return undefined;
  }
}

function show(service, good, word, why = "") {
  const state = document.querySelector(`[data-service="${service}"] .state`);
  const mark = good === undefined ? "?" : good ? "✓" : "✕";
  state.textContent = `${mark} ${word}`;
  state.className = `state ${good === undefined ? "" : good ? "good" : "bad"}`;
  state.title = why;
}

function summarise(bad, gatewayAnswers) {
  const summary = document.querySelector("#summary");
  const time = new Date().toLocaleTimeString();
  summary.className = bad.length === 0 && gatewayAnswers ? "good" : "bad";
  if (!gatewayAnswers) summary.textContent = `The gateway does not answer any more. What is below is older than ${time}.`;
  else if (bad.length === 0) summary.textContent = `All six services are healthy, as of ${time}.`;
  else summary.textContent = `${bad.length} of 6 services ${bad.length === 1 ? "is" : "are"} not healthy, as of ${time}: ${bad.join(", ")}.`;
}

async function look() {
  const [status, ...answers] = await Promise.all([ask("/status"), ...asked.map((service) => ask(`/state/${service}`))]);
  const gatewayAnswers = [status, ...answers].some((answer) => answer !== undefined);
  if (!gatewayAnswers) return summarise([], false);
  const states = asked.map((service, index) => ({ service, ...(answers[index] ?? { good: false, word: "no answer", body: {} }) }));
  // Only rubik-agent can say how the database is; when it is silent, nobody here knows.
  const database = status?.body.database;
  if (database === undefined) states.push({ service: "db", good: undefined, word: "not known", body: {} });
  else states.push({ service: "db", good: database === "answers", word: database === "answers" ? "healthy" : "does not answer", body: status.body });
  states.push({ service: "nginx", good: true, word: "healthy", body: {} });
  for (const { service, good, word, body } of states) show(service, good, word, body.error);
  for (const field of document.querySelectorAll("[data-count]")) field.textContent = status?.body.tasks?.[field.dataset.count] ?? "–";
  summarise(states.filter(({ good }) => good !== true).map(({ service }) => service), true);
}

async function keepLooking() {
  if (!document.hidden) await look();
  setTimeout(keepLooking, everyMs);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) void look();
});
void keepLooking();
