/** Semantic versions (npm, Go, crates.io, NuGet): https://semver.org/#spec-item-11. A leading `v` and missing parts are taken. */

function parse(version: string): { readonly numbers: readonly bigint[]; readonly pre: readonly string[] } {
  const text = version
    .trim()
    .replace(/^[vV=]+/, '')
    .split('+', 1)[0]!;
  const dash = text.indexOf('-');
  const core = dash < 0 ? text : text.slice(0, dash);
  return {
    numbers: core.split('.').map((part) => BigInt(/^\d+/.exec(part)?.[0] ?? '0')),
    pre: dash < 0 ? [] : text.slice(dash + 1).split('.'),
  };
}

/** Numbers before words, numbers by value. */
function compareIdentifier(a: string, b: string): number {
  const [x, y] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (x && y) return BigInt(a) === BigInt(b) ? 0 : BigInt(a) < BigInt(b) ? -1 : 1;
  if (x !== y) return x ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

export function compareSemver(a: string, b: string): number {
  const left = parse(a);
  const right = parse(b);
  for (let i = 0; i < Math.max(left.numbers.length, right.numbers.length); i++) {
    const [x, y] = [left.numbers[i] ?? 0n, right.numbers[i] ?? 0n];
    if (x !== y) return x < y ? -1 : 1;
  }
  if (left.pre.length === 0 || right.pre.length === 0) return right.pre.length - left.pre.length;
  for (let i = 0; i < Math.max(left.pre.length, right.pre.length); i++) {
    const [x, y] = [left.pre[i], right.pre[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const order = compareIdentifier(x, y);
    if (order !== 0) return order;
  }
  return 0;
}
