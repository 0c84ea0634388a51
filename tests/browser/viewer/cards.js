// Shows cards as an EHR does: summary, indicator colour, sanitised Markdown, suggestions, links, source, reasons to dismiss.
// It asks no service; what the user does with a card is told to `answered`.
import { marked } from "./lib/marked.js";
import DOMPurify from "./lib/purify.js";

export function showCards(place, cards, answered) {
  place.replaceChildren(...cards.map((card) => element("article", {
    className: `card ${card.indicator}`,
  }, [
    element("span", { className: "indicator", textContent: card.indicator }),
    element("h2", { textContent: card.summary }),
    source(card.source),
    detail(card.detail ?? ""),
    ...(card.suggestions ?? []).map((suggestion) => suggested(card, suggestion, answered)),
    ...(card.links ?? []).map(linked),
    dismissal(card, answered),
  ])));
}

function element(name, members, inside = []) {
  const made = Object.assign(document.createElement(name), members);
  made.append(...inside);
  return made;
}

function source({ label, url, topic }) {
  const named = url ? element("a", { href: url, textContent: label }) : label;
  return element("p", { className: "source" }, ["Source: ", named, topic?.display ? ` (${topic.display})` : ""]);
}

function detail(markdown) {
  const html = DOMPurify.sanitize(marked.parse(markdown, { gfm: true }));
  return element("div", { className: "detail", innerHTML: html });
}

function suggested(card, suggestion, answered) {
  const className = suggestion.isRecommended ? "suggestion recommended" : "suggestion";
  const title = (suggestion.actions ?? []).map((action) => action.description).join("; ");
  const button = element("button", { className, title, textContent: suggestion.label });
  button.addEventListener("click", () => answered(card, {
    outcome: "accepted", acceptedSuggestions: [{ id: suggestion.uuid }],
  }));
  return button;
}

function linked({ label, url, type }) {
  return element("a", { className: `link ${type}`, href: url, target: "_blank", rel: "noreferrer", textContent: label });
}

function dismissal(card, answered) {
  const reasons = card.overrideReasons ?? [];
  const choice = element("select", {}, reasons.map((reason) => element("option", {
    value: reason.code, textContent: reason.display,
  })));
  const button = element("button", { className: "dismiss", textContent: "Dismiss" });
  button.addEventListener("click", () => answered(card, { outcome: "overridden", ...overridden(reasons[choice.selectedIndex]) }));
  return element("p", { className: "dismissal" }, reasons.length ? ["Why not? ", choice, " ", button] : [button]);
}

function overridden(reason) {
  return reason ? { overrideReason: { reason: { code: reason.code, system: reason.system } } } : {};
}
