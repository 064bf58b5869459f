/** Condition keys that a policy's statements ask for: of conditions, and in variables. As written, each once. */
type Statement = Readonly<Record<string, unknown>>;
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

const variable = /\$\{([^{}]*)\}/g;
const escapes = new Set(['*', '?', '$', '']);

function variablesIn(value: unknown): string[] {
  return listOf(value)
    .filter((text) => typeof text === 'string')
    .flatMap((text) => [...text.matchAll(variable)].map((match) => match[1]!.split(',', 1)[0]!.trim()))
    .filter((key) => !escapes.has(key));
}

/** `document` is one that compiles. */
export const statementsOf = (document: string): Statement[] => listOf(JSON.parse(document).Statement) as Statement[];

export function keysOfStatement(statement: Statement): string[] {
  const conditions = Object.values((statement['Condition'] ?? {}) as Record<string, Record<string, unknown>>);
  return [
    ...conditions.flatMap((keys) => Object.entries(keys).flatMap(([key, values]) => [key, ...variablesIn(values)])),
    ...variablesIn(statement['Resource']),
    ...variablesIn(statement['NotResource']),
  ];
}

/** Keys are the same without regard to case; the first spelling stays. */
export function uniqueKeys(keys: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const key of keys) if (!seen.has(key.toLowerCase())) seen.set(key.toLowerCase(), key);
  return [...seen.values()].sort();
}

export const keysOfDocuments = (documents: readonly string[]): string[] =>
  uniqueKeys(documents.flatMap((document) => statementsOf(document).flatMap(keysOfStatement)));
