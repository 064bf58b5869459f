/** `WWW-Authenticate`, as registries send it. https://distribution.github.io/distribution/spec/auth/token/ */
export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer';
      readonly realm: string;
      readonly service: string | undefined;
      readonly scope: string | undefined;
    };

const parameter = /([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",\s]+))/gi;

/** The first challenge of a kind that we can answer. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  if (header === undefined) return undefined;
  const [, scheme, rest = ''] = /^\s*(basic|bearer)\b(.*)$/is.exec(header) ?? [];
  if (scheme === undefined) return undefined;
  if (scheme.toLowerCase() === 'basic') return { scheme: 'basic' };
  const found = new Map<string, string>();
  for (const [, name, quoted, bare] of rest.matchAll(parameter)) {
    found.set(name!.toLowerCase(), quoted === undefined ? bare! : quoted.replace(/\\(.)/g, '$1'));
  }
  const realm = found.get('realm');
  return realm === undefined
    ? undefined
    : { scheme: 'bearer', realm, service: found.get('service'), scope: found.get('scope') };
}
