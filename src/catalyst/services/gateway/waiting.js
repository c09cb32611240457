"use strict";
// Until ComfyUI answers. What the workload said is shown as text, never as markup.
const WORDS = JSON.parse(document.getElementById("words").textContent);
const heading = document.querySelector("h1"), reason = document.getElementById("reason"), log = document.getElementById("log");
async function look() {
  try {
    const reply = await fetch("/catalyst/state", { cache: "no-store" });
    if (reply.status === 401) { location.reload(); return; }
    const found = await reply.json();
    if (found.state === "ready") { location.reload(); return; }
    const words = WORDS[found.state];
    heading.textContent = words[0];
    reason.textContent = words[1] + (found.restarts ? ` It ended with ${found.exit} and was started again; restarts: ${found.restarts}.` : "");
    log.textContent = found.lines.join("\n");
  } catch {
    heading.textContent = "Catalyst has ended";
    reason.textContent = "Nothing answers here any more. What it said last: catalyst logs. To start it again: catalyst up.";
  }
  setTimeout(look, 1000);
}
setTimeout(look, 1000);
