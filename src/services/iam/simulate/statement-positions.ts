/**
 * Where the statements of a policy stand in its text. As in AWS's simulator a statement begins right behind the bracket
 * or comma before it and ends right behind its brace; lines and columns count from 1.
 */
export interface Place {
  readonly Line: number;
  readonly Column: number;
}

export interface Span {
  readonly StartPosition: Place;
  readonly EndPosition: Place;
}

/** Every character outside of strings, and every string as one token, with where it begins and ends. */
function* tokens(text: string): Generator<{ readonly token: string; readonly start: number; readonly end: number }> {
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (/\s/.test(char)) continue;
    const start = at;
    if (char === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
    }
    yield { token: text.slice(start, at + 1), start, end: at + 1 };
  }
}

/** Offsets of the statements, in the document's order. `text` is the text of a policy. */
function offsets(text: string): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  let depth = 0;
  let before = '';
  let isKey = false;
  let from: number | undefined;
  let base = 0;
  for (const { token, end } of tokens(text)) {
    if (from === undefined) {
      if (depth === 1 && token === ':' && isKey) from = end;
      isKey = depth === 1 && token === '"Statement"' && (before === '{' || before === ',');
      base = depth;
    } else if (depth === base && token === '[') {
      from = end;
      base += 1;
    } else if (depth === base && token === ',') {
      from = end;
    }
    before = token;
    if (token === '{' || token === '[') depth += 1;
    if (token !== '}' && token !== ']') continue;
    depth -= 1;
    if (from === undefined) continue;
    if (token === '}' && depth === base) found.push([from, end]);
    if (depth < base) break;
  }
  return found;
}

/** Answers places of offsets that are asked in ascending order. */
function placesIn(text: string): (offset: number) => Place {
  let line = 1;
  let lineStart = 0;
  return (offset) => {
    for (let end = text.indexOf('\n', lineStart); end >= 0 && end < offset; end = text.indexOf('\n', lineStart)) {
      line += 1;
      lineStart = end + 1;
    }
    return { Line: line, Column: offset - lineStart + 1 };
  };
}

export function statementSpans(text: string): Span[] {
  const placeOf = placesIn(text);
  return offsets(text).map(([start, end]) => ({ StartPosition: placeOf(start), EndPosition: placeOf(end) }));
}
