/** Alpine's order: numbers, a letter, suffixes, `-r` revision. https://wiki.alpinelinux.org/wiki/APKBUILD_Reference#pkgver */

/** Before and after the release that they follow, in order. */
const suffixes = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];
const release = suffixes.indexOf('');

interface Parsed {
  readonly numbers: readonly string[];
  readonly letter: string;
  readonly suffixes: readonly (readonly [rank: number, number: number])[];
  readonly revision: number;
}

function parse(version: string): Parsed {
  const found = /^(\d+(?:\.\d+)*)([a-z]?)((?:_[a-z]+\d*)*)(?:-r(\d+))?/.exec(version);
  if (!found) return { numbers: [], letter: version, suffixes: [], revision: 0 };
  const [, numbers, letter, rest, revision] = found;
  return {
    numbers: numbers!.split('.'),
    letter: letter!,
    suffixes: [...rest!.matchAll(/_([a-z]+)(\d*)/g)].map(([, name, number]) => [
      suffixes.includes(name!) ? suffixes.indexOf(name!) : suffixes.length,
      Number(number || 0),
    ]),
    revision: Number(revision ?? 0),
  };
}

/** After the first number one with a leading zero is a fraction: 1.05 is older than 1.1. */
function compareNumber(a: string, b: string, isFirst: boolean): number {
  if (!isFirst && (a.startsWith('0') || b.startsWith('0'))) {
    const [left, right] = [a.replace(/0+$/, ''), b.replace(/0+$/, '')];
    return left === right ? 0 : left < right ? -1 : 1;
  }
  return Number(a) - Number(b);
}

export function compareAlpine(a: string, b: string): number {
  const left = parse(a);
  const right = parse(b);
  for (let i = 0; i < Math.max(left.numbers.length, right.numbers.length); i++) {
    const [x, y] = [left.numbers[i], right.numbers[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const order = compareNumber(x, y, i === 0);
    if (order !== 0) return order;
  }
  if (left.letter !== right.letter) return left.letter < right.letter ? -1 : 1;
  for (let i = 0; i < Math.max(left.suffixes.length, right.suffixes.length); i++) {
    const [rankA, numberA] = left.suffixes[i] ?? [release, 0];
    const [rankB, numberB] = right.suffixes[i] ?? [release, 0];
    if (rankA !== rankB) return rankA - rankB;
    if (numberA !== numberB) return numberA - numberB;
  }
  return left.revision - right.revision;
}
