/** Debian's order of versions: https://www.debian.org/doc/debian-policy/ch-controlfields.html#version */

/** `~` sorts before everything, even the end; letters before all other characters. */
function weight(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  if (/[A-Za-z]/.test(character)) return character.charCodeAt(0);
  return character.charCodeAt(0) + 256;
}

const isDigit = (character: string | undefined): boolean =>
  character !== undefined && character >= '0' && character <= '9';

/** Runs of other characters and runs of digits in turn. */
function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a[i])) || (j < b.length && !isDigit(b[j]))) {
      const left = isDigit(a[i]) ? 0 : weight(a[i]);
      const right = isDigit(b[j]) ? 0 : weight(b[j]);
      if (left !== right) return left - right;
      i++;
      j++;
    }
    const left = /^\d*/.exec(a.slice(i))![0];
    const right = /^\d*/.exec(b.slice(j))![0];
    const difference = BigInt(left || '0') - BigInt(right || '0');
    if (difference !== 0n) return difference < 0n ? -1 : 1;
    i += left.length;
    j += right.length;
  }
  return 0;
}

function split(version: string): { readonly epoch: string; readonly upstream: string; readonly revision: string } {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? '0' : version.slice(0, colon),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

export function compareDebian(a: string, b: string): number {
  const left = split(a);
  const right = split(b);
  return (
    compareParts(left.epoch, right.epoch) ||
    compareParts(left.upstream, right.upstream) ||
    compareParts(left.revision, right.revision)
  );
}
