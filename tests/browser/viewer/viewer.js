// A chart that asks CDS Services as the public sandbox does: discovery, patient-view, order-select, order-sign, feedback.
// Unlike the sandbox it says which call failed, instead of showing nothing.
import { showCards } from "./cards.js";
import { filled, fhirServer } from "./prefetch.js";
import { bearer } from "./tokens.js";

const USER = "Practitioner/COREPRACTITIONER1";
const DRAFT = "request-123";
const page = Object.fromEntries([...document.querySelectorAll("[id]")].map((found) => [found.id, found]));
const choices = await (await fetch("choices.json")).json();
let services = [];

for (const { id, name } of choices.patients) {
  page.patient.add(new Option(name, id));
}
for (const [place, { label }] of choices.orders.entries()) {
  page.order.add(new Option(label, place));
}
page.url.value = new URLSearchParams(location.search).get("service") ?? "";

on(page.connect, async () => {
  const headers = { Accept: "application/json", Authorization: await bearer(page.url.value) };
  const answer = await whole(fetch(page.url.value, { headers }));
  services = answer.json.services ?? [];
  return `${answer.status}: ${services.map((service) => `${service.id} (${service.hook})`).join(", ")}`;
});
on(page.open, () => ask("patient-view", {}));
on(page.select, () => ask("order-select", { selections: [`MedicationRequest/${DRAFT}`], draftOrders: drafts() }));
on(page.sign, () => ask("order-sign", { draftOrders: drafts() }));

function on(button, work) {
  button.addEventListener("click", async () => {
    page.state.textContent = "asking ...";
    try {
      page.state.textContent = await work();
    } catch (error) {
      page.state.textContent = `failed: ${error.message}`;
    }
  });
}

async function ask(hook, orders) {
  const asked = services.filter((service) => service.hook === hook);
  const answers = await Promise.all(asked.map((service) => call(service, orders)));
  page.cards.replaceChildren(...answers.map(({ place }) => place));
  return answers.map(({ id, status, cards }) => `${id} answered ${status} with ${cards} card(s)`).join("; ")
    || `no service for ${hook}`;
}

async function call({ id, hook, prefetch }, orders) {
  const context = { patientId: page.patient.value, userId: USER, ...orders };
  const body = { hookInstance: crypto.randomUUID(), hook, fhirServer, context };
  if (prefetch) {
    body.prefetch = await filled(prefetch, context);
  }
  const answer = await post(`${page.url.value}/${id}`, body);
  const cards = answer.json.cards ?? [];
  const place = document.createElement("section");
  showCards(place, cards, (card, said) => feedback(id, card, said));
  return { id, place, status: answer.status, cards: cards.length };
}

async function feedback(id, card, said) {
  const item = { card: card.uuid, ...said, outcomeTimestamp: new Date().toISOString() };
  const answer = await post(`${page.url.value}/${id}/feedback`, { feedback: [item] });
  page.state.textContent = `feedback on ${id} answered ${answer.status}`;
}

async function post(url, body) {
  const headers = { "Content-Type": "application/json", Authorization: await bearer(url) };
  return whole(fetch(url, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function whole(asked) {
  const answer = await asked;
  const text = await answer.text();
  return { status: answer.status, json: text ? JSON.parse(text) : {} };
}

// What the sandbox sends once a medication is picked: a Bundle without type, no intent, an object for the category.
function drafts() {
  const { code, category } = choices.orders[page.order.value];
  const subject = { reference: `Patient/${page.patient.value}` };
  const resource = { resourceType: "MedicationRequest", id: DRAFT, status: "draft", subject };
  if (code) {
    Object.assign(resource, { medicationCodeableConcept: { coding: [code], text: code.display }, category });
  }
  return { resourceType: "Bundle", entry: [{ resource }] };
}

document.body.dataset.ready = "yes";
