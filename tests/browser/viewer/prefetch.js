// Fills prefetch templates from the FHIR server of this page, with the habits and the faults of the public sandbox.
const ACCEPT = { Accept: "application/json+fhir" };

export const fhirServer = new URL("fhir", location.href).href;

export async function filled(templates, context) {
  const answers = {};
  await Promise.all(Object.entries(templates).map(async ([key, template]) => {
    const query = template.replaceAll(/\{\{context\.(\w+)\}\}/g, (token, name) => context[name] ?? token);
    const found = query.includes("?") ? await search(query) : await read(query);
    if (found !== undefined) {
      answers[key] = found;
    }
  }));
  return answers;
}

async function read(path) {
  return path.includes("{{") ? undefined : had(fetch(`${fhirServer}/${path}`, { headers: ACCEPT }));
}

// Tokens that nobody filled in go out as they are, and come back as a Bundle without entries.
async function search(query) {
  const [type, parameters] = query.split("?");
  const body = new URLSearchParams(parameters);
  const posted = await had(fetch(`${fhirServer}/${type}/_search`, { method: "POST", headers: ACCEPT, body }));
  return posted ?? had(fetch(`${fhirServer}/${query}`, { headers: ACCEPT }));
}

async function had(asked) {
  const answer = await asked;
  return answer.ok ? answer.json() : undefined;
}
