/**
 * Members that agents send and that the public SDK's schemas leave out. The decoder drops what a schema does not name,
 * so they are added here to the published input structures.
 */
type Structure = readonly [3, string, string, unknown, readonly string[], readonly unknown[], ...unknown[]];
type OperationEntry = readonly [9, string, string, unknown, unknown, unknown];

const STRING = 0;

const extraMembers: Readonly<Record<string, readonly string[]>> = {
  RegisterContainerInstance: ['clientToken'],
  DiscoverPollEndpoint: ['zoneId'],
};

function withMembers(structure: Structure, names: readonly string[]): Structure {
  const [kind, namespace, name, traits, members, types, ...rest] = structure;
  const missing = names.filter((extra) => !members.includes(extra));
  return [kind, namespace, name, traits, [...members, ...missing], [...types, ...missing.map(() => STRING)], ...rest];
}

/** The SDK's schemas with the agents' own members in them. */
export function withAgentMembers(schemas: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const out: Record<string, unknown> = { ...schemas };
  for (const [operation, names] of Object.entries(extraMembers)) {
    const [kind, namespace, name, traits, input, output] = schemas[`${operation}$`] as OperationEntry;
    const extended = () => withMembers((typeof input === 'function' ? input() : input) as Structure, names);
    out[`${operation}$`] = [kind, namespace, name, traits, extended, output];
  }
  return out;
}
