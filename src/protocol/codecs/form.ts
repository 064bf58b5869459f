/** The form of the Query protocols: parameters of the query and of the body, as one map and as a tree by dots. */
import { serializationError } from '../errors.ts';
import { queryPairs } from '../sigv4/canonical.ts';
import { header, type WireRequest } from '../wire.ts';

export type Form = ReadonlyMap<string, string>;

export interface FormNode {
  value?: string;
  readonly children: Map<string, FormNode>;
}

/** No AWS input nests deeper; a key with more dots than this is dropped as one that no schema knows. */
const maxKeyParts = 64;
const maxParameters = 20_000;

const forms = new WeakMap<WireRequest, Form>();

export function isForm(request: WireRequest): boolean {
  return (
    header(request.headers, 'content-type')?.toLowerCase().startsWith('application/x-www-form-urlencoded') ?? false
  );
}

/** Parsed once per request: routing looks for the action in it, decoding for the rest. */
export function formOf(request: WireRequest): Form {
  const known = forms.get(request);
  if (known) return known;
  const pairs = queryPairs(request.query);
  if (isForm(request)) pairs.push(...queryPairs(request.body.toString('utf8').trim()));
  const form = new Map(pairs);
  forms.set(request, form);
  return form;
}

export function toTree(form: Form): FormNode {
  if (form.size > maxParameters) throw serializationError(`The request has more than ${maxParameters} parameters.`);
  const root: FormNode = { children: new Map() };
  for (const [key, value] of form) {
    const parts = key.split('.', maxKeyParts + 1);
    if (parts.length > maxKeyParts) continue;
    let node = root;
    for (const part of parts) {
      let child = node.children.get(part);
      if (!child) {
        child = { children: new Map() };
        node.children.set(part, child);
      }
      node = child;
    }
    node.value = value;
  }
  return root;
}
