/** Maven's order: https://maven.apache.org/pom.html#version-order-specification */

type Token = { readonly separator: '-' | '.'; readonly text: string };

const qualifiers = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const aliases: Readonly<Record<string, string>> = { ga: '', final: '', release: '', cr: 'rc' };
const shorthands: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', m: 'milestone' };
const isNumber = (text: string) => /^\d+$/.test(text);
const isNull = (text: string) => text === '' || /^0+$/.test(text);

function normalise(text: string, isBeforeDigit: boolean): string {
  const short = isBeforeDigit ? shorthands[text] : undefined;
  return short ?? aliases[text] ?? text;
}

function parse(version: string): Token[] {
  const tokens: Token[] = [];
  let separator: Token['separator'] = '.';
  const lower = version.toLowerCase();
  for (const [, mark, digits, letters] of lower.matchAll(/([.\-_])|(\d+)|([^.\-_\d]+)/g)) {
    if (mark) {
      separator = mark === '.' ? '.' : '-';
      continue;
    }
    tokens.push({ separator, text: digits ?? letters! });
    separator = '-';
  }
  const named = tokens.map(({ separator: before, text }, i) => ({
    separator: before,
    text: isNumber(text)
      ? text
      : normalise(text, isNumber(tokens[i + 1]?.text ?? '') && tokens[i + 1]!.separator === '-'),
  }));
  return trimmed(named);
}

/** Empty values before a hyphen and at the end say nothing. */
function trimmed(tokens: readonly Token[]): Token[] {
  const kept: Token[] = [];
  for (const [i, token] of tokens.entries()) {
    kept.push(token);
    const next = tokens[i + 1];
    if (next && next.separator !== '-') continue;
    while (kept.length > 0 && isNull(kept.at(-1)!.text)) kept.pop();
  }
  return kept;
}

/** Of what is missing on one side. */
const padding = (other: Token): Token => ({ separator: other.separator, text: isNumber(other.text) ? '0' : '' });

/** Known qualifiers before unknown ones, which are in the order of letters. */
const rank = (text: string) => (qualifiers.includes(text) ? qualifiers.indexOf(text) : qualifiers.length);

/** A word after a dot is older than one after a hyphen, and that than a number after a hyphen, and that after a dot. */
function compareTokens(a: Token, b: Token): number {
  const kind = (token: Token) => {
    if (isNumber(token.text)) return token.separator === '.' ? 3 : 2;
    return token.separator === '.' ? 0 : 1;
  };
  if (isNumber(a.text) !== isNumber(b.text)) return kind(a) - kind(b);
  if (isNumber(a.text)) {
    if (a.separator !== b.separator) return kind(a) - kind(b);
    return BigInt(a.text) === BigInt(b.text) ? 0 : BigInt(a.text) < BigInt(b.text) ? -1 : 1;
  }
  const order = rank(a.text) - rank(b.text);
  return order || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);
}

export function compareMaven(a: string, b: string): number {
  const left = parse(a);
  const right = parse(b);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [x, y] = [left[i], right[i]];
    const order = compareTokens(x ?? padding(y!), y ?? padding(x!));
    if (order !== 0) return order;
  }
  return 0;
}
