/**
 * Wildcards of policies: `*` for any run of characters, `?` for one. Matching is linear in practice and never
 * exponential, whatever a policy's author wrote.
 *
 * - `text`: actions (both sides in lower case) and StringLike; wildcards match everything.
 * - `resource`: within the first five parts of an ARN wildcards stop at colons, except a `*` that ends its part; in the
 *   sixth part they match everything.
 * - `arn`: ArnLike; as `resource`, and no wildcard of the first five parts ever matches a colon.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export type GlobMode = 'text' | 'resource' | 'arn';

/** A stretch of a pattern: `literal` text has no wildcards (a variable's value, an escaped character). */
export interface Piece {
  readonly text: string;
  readonly literal: boolean;
}

export type Glob =
  | { readonly kind: 'any' }
  | { readonly kind: 'exact'; readonly text: string }
  | { readonly kind: 'prefix'; readonly text: string }
  | {
      readonly kind: 'tokens';
      readonly codes: Uint16Array;
      readonly kinds: Uint8Array;
      /** Its literal beginning and end, by which most texts are refused. */
      readonly start: string;
      readonly end: string;
    };

const literal = 0;
const oneInPart = 1;
const one = 2;
const runInPart = 3;
const run = 4;
const colon = 58;
const star = 42;
const question = 63;

interface Token {
  readonly code: number;
  readonly kind: number;
}

function tokenize(pieces: readonly Piece[], mode: GlobMode): Token[] {
  const tokens: Token[] = [];
  let colons = mode === 'text' ? 5 : 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.text.length; at++) {
      const code = piece.text.charCodeAt(at);
      const free = colons >= 5;
      if (code === colon) colons += 1;
      if (piece.literal || (code !== star && code !== question)) tokens.push({ code, kind: literal });
      else if (code === question) tokens.push({ code, kind: free ? one : oneInPart });
      else tokens.push({ code, kind: free ? run : runInPart });
    }
  }
  if (mode !== 'resource') return tokens;
  return tokens.map((token, at) => {
    const next = tokens[at + 1];
    const endsPart = !next || (next.kind === literal && next.code === colon);
    return token.kind === runInPart && endsPart ? { code: star, kind: run } : token;
  });
}

export function globOf(pieces: readonly Piece[], mode: GlobMode): Glob {
  const tokens = tokenize(pieces, mode);
  const wild = tokens.findIndex((token) => token.kind !== literal);
  const textOf = (from: number, to: number) =>
    String.fromCharCode(...tokens.slice(from, to).map((token) => token.code));
  if (wild < 0) return { kind: 'exact', text: textOf(0, tokens.length) };
  if (wild === tokens.length - 1 && tokens[wild]!.kind === run) {
    return wild === 0 ? { kind: 'any' } : { kind: 'prefix', text: textOf(0, wild) };
  }
  return {
    kind: 'tokens',
    codes: Uint16Array.from(tokens, (token) => token.code),
    kinds: Uint8Array.from(tokens, (token) => token.kind),
    start: textOf(0, wild),
    end: textOf(tokens.findLastIndex((token) => token.kind !== literal) + 1, tokens.length),
  };
}

export const glob = (pattern: string, mode: GlobMode): Glob => globOf([{ text: pattern, literal: false }], mode);

/**
 * Goes through both with two places to return to: the last run that stops at colons, and the last that does not. A run
 * that stops at colons never needs an earlier one of its kind revisited, because which colon it meets is fixed.
 */
function matchTokens(codes: Uint16Array, kinds: Uint8Array, text: string, start: number): boolean {
  let p = start;
  let t = start;
  let partPattern = -1;
  let partText = 0;
  let runPattern = -1;
  let runText = 0;
  while (t < text.length || p < kinds.length) {
    const kind = p < kinds.length ? kinds[p]! : -1;
    if (kind === run) {
      runPattern = p++;
      runText = t;
      partPattern = -1;
      continue;
    }
    if (kind === runInPart) {
      partPattern = p++;
      partText = t;
      continue;
    }
    if (t < text.length && kind >= 0) {
      const code = text.charCodeAt(t);
      if (kind === literal ? codes[p] === code : kind === one || code !== colon) {
        p += 1;
        t += 1;
        continue;
      }
    }
    if (partPattern >= 0 && partText < text.length && text.charCodeAt(partText) !== colon) {
      t = ++partText;
      p = partPattern + 1;
    } else if (runPattern >= 0 && runText < text.length) {
      t = ++runText;
      p = runPattern + 1;
      partPattern = -1;
    } else return false;
  }
  return true;
}

export function matches(pattern: Glob, text: string): boolean {
  switch (pattern.kind) {
    case 'any':
      return true;
    case 'exact':
      return pattern.text === text;
    case 'prefix':
      return text.startsWith(pattern.text);
    case 'tokens':
      return (
        text.startsWith(pattern.start) &&
        text.endsWith(pattern.end) &&
        matchTokens(pattern.codes, pattern.kinds, text, pattern.start.length)
      );
  }
}
