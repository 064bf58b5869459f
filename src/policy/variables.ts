/**
 * Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'company-wide'}`, and the escapes `${*}`, `${?}`, `${$}`.
 * Only policies of version 2012-10-17 have them; a value that is put in has no wildcards. A variable whose key is missing
 * or has several values, and that has no default, leaves its pattern without a meaning: it then matches nothing.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
import type { RequestContext } from './context.ts';
import { type Glob, type GlobMode, globOf, matches, type Piece } from './glob.ts';

interface Variable {
  /** In lower case. */
  readonly key: string;
  readonly fallback: string | undefined;
}

type Part = Piece | Variable;

/** A string of a policy that may hold variables and wildcards. */
export type Template =
  | { readonly fixed: Glob; readonly text: string }
  | {
      readonly parts: readonly Part[];
      readonly mode: GlobMode;
      /** What stands before the first variable, and anything: whatever the variables are, no more than this matches. */
      readonly head: Glob | undefined;
    };

const variable = /\$\{([^{}]*)\}/g;

function partOf(body: string): Part {
  if (body === '*' || body === '?' || body === '$') return { text: body, literal: true };
  const comma = body.indexOf(',');
  const quoted = comma < 0 ? '' : body.slice(comma + 1).trim();
  const hasDefault = quoted.length >= 2 && quoted.startsWith("'") && quoted.endsWith("'");
  const key = hasDefault ? body.slice(0, comma) : body;
  return { key: key.trim().toLowerCase(), fallback: hasDefault ? quoted.slice(1, -1) : undefined };
}

/** Variables of a resource stand in the last part of its ARN; before the fifth colon they are ordinary text. */
function startOfVariables(text: string, mode: GlobMode): number {
  if (mode !== 'resource' || !text.startsWith('arn:')) return 0;
  let at = -1;
  for (let n = 0; n < 5; n++) {
    at = text.indexOf(':', at + 1);
    if (at < 0) return text.length;
  }
  return at + 1;
}

function split(text: string, mode: GlobMode): Part[] {
  const parts: Part[] = [];
  const start = startOfVariables(text, mode);
  let end = 0;
  for (const match of text.matchAll(variable)) {
    if (match.index < start) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index), literal: false });
    parts.push(partOf(match[1]!));
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), literal: false });
  return parts;
}

const isVariable = (part: Part): part is Variable => 'key' in part;
export function templateOf(text: string, mode: GlobMode, hasVariables: boolean): Template {
  const parts = hasVariables ? split(text, mode) : [{ text, literal: false }];
  const first = parts.findIndex(isVariable);
  if (first >= 0) {
    const before = parts.slice(0, first).filter((part): part is Piece => !isVariable(part));
    const head = mode === 'arn' ? undefined : globOf([...before, { text: '*', literal: false }], mode);
    return { parts, mode, head };
  }
  const pieces = parts.filter((part): part is Piece => !isVariable(part));
  return { fixed: globOf(pieces, mode), text: pieces.map((piece) => piece.text).join('') };
}

function resolve(parts: readonly Part[], context: RequestContext): Piece[] | undefined {
  const pieces: Piece[] = [];
  for (const part of parts) {
    if (!isVariable(part)) {
      pieces.push(part);
      continue;
    }
    const value = context.get(part.key);
    const text = typeof value === 'string' ? value : part.fallback;
    if (text === undefined) return undefined;
    pieces.push({ text, literal: true });
  }
  return pieces;
}

/** Does the pattern, with this request's values, match? */
export function matchesTemplate(template: Template, text: string, context: RequestContext): boolean {
  if ('fixed' in template) return matches(template.fixed, text);
  if (template.head && !matches(template.head, text)) return false;
  const pieces = resolve(template.parts, context);
  return pieces !== undefined && matches(globOf(pieces, template.mode), text);
}

/** As text, for operators without wildcards. */
export function resolveText(template: Template, context: RequestContext): string | undefined {
  if ('fixed' in template) return template.text;
  return resolve(template.parts, context)
    ?.map((piece) => piece.text)
    .join('');
}
