/** Which route a path is. Names hold slashes and may hold the words of routes, so a path is read from its end. */

export type Route =
  | { readonly kind: 'base' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'token' }
  | { readonly kind: 'signed'; readonly reference: string }
  | {
      readonly kind: 'manifest' | 'blob' | 'upload' | 'referrers';
      readonly name: string;
      /** Tag, digest or upload, decoded. */
      readonly reference: string;
    }
  | { readonly kind: 'uploads' | 'tags'; readonly name: string };

const decode = (text: string): string => {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Undefined for paths that are none of the specification's. */
export function parsePath(path: string): Route | undefined {
  if (path === '/v2/' || path === '/v2') return { kind: 'base' };
  if (!path.startsWith('/v2/')) return undefined;
  if (path === '/v2/token') return { kind: 'token' };
  if (path === '/v2/_catalog') return { kind: 'catalog' };
  const lastSlash = path.lastIndexOf('/');
  const last = path.slice(lastSlash + 1);
  const wordSlash = path.lastIndexOf('/', lastSlash - 1);
  if (wordSlash < 3) return undefined;
  const word = path.slice(wordSlash + 1, lastSlash);
  const nameOf = (end: number) => path.slice(4, end);
  if (word === 'uploads' || (word === 'blobs' && last === 'uploads')) {
    if (word === 'blobs') return named('uploads', nameOf(wordSlash));
    const blobsSlash = path.lastIndexOf('/', wordSlash - 1);
    if (blobsSlash < 4 || path.slice(blobsSlash + 1, wordSlash) !== 'blobs') return undefined;
    const name = nameOf(blobsSlash);
    return last === '' ? named('uploads', name) : { kind: 'upload', name, reference: decode(last) };
  }
  if (last === '') return undefined;
  if (word === '_blobs' && wordSlash === 3) return { kind: 'signed', reference: decode(last) };
  if (wordSlash === 3) return undefined;
  const name = nameOf(wordSlash);
  switch (word) {
    case 'manifests':
      return { kind: 'manifest', name, reference: decode(last) };
    case 'blobs':
      return { kind: 'blob', name, reference: decode(last) };
    case 'referrers':
      return { kind: 'referrers', name, reference: decode(last) };
    case 'tags':
      return last === 'list' ? named('tags', name) : undefined;
    default:
      return undefined;
  }
}

const named = (kind: 'uploads' | 'tags', name: string): Route | undefined => (name === '' ? undefined : { kind, name });
