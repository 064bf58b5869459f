/** The keys that a request carries for conditions and variables. Names have no case, so they are kept in lower case. */
export type ContextValue = string | readonly string[];

/** Names in lower case. A list is a multivalued key; an empty list is as good as no key. */
export type RequestContext = ReadonlyMap<string, ContextValue>;

export function contextOf(values: Readonly<Record<string, ContextValue | undefined>>): RequestContext {
  const context = new Map<string, ContextValue>();
  for (const name of Object.keys(values)) {
    const value = values[name];
    if (value !== undefined) context.set(name.toLowerCase(), value);
  }
  return context;
}

export function isPresent(context: RequestContext, key: string): boolean {
  const value = context.get(key);
  return value !== undefined && (typeof value === 'string' || value.length > 0);
}
