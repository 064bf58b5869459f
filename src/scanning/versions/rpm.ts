/** RPM's order: epoch, then version, then release, each by segments. https://rpm-software-management.github.io/rpm/manual/dependencies.html */

const segment = /^(?:(\d+)|([A-Za-z]+)|(~)|(\^))/;

function compareNumbers(a: string, b: string): number {
  const left = BigInt(a);
  const right = BigInt(b);
  return left === right ? 0 : left < right ? -1 : 1;
}

/** `~` sorts before the end, `^` after it and before everything else; a number is newer than letters. */
function compareSegments(a: string, b: string): number {
  let left = a;
  let right = b;
  while (true) {
    left = left.replace(/^[^A-Za-z0-9~^]+/, '');
    right = right.replace(/^[^A-Za-z0-9~^]+/, '');
    const x = segment.exec(left);
    const y = segment.exec(right);
    if (x?.[3] || y?.[3]) {
      if (!x?.[3]) return 1;
      if (!y?.[3]) return -1;
    } else if (x?.[4] || y?.[4]) {
      if (!x) return -1;
      if (!y) return 1;
      if (!x[4]) return 1;
      if (!y[4]) return -1;
    } else {
      if (!x || !y) return x ? 1 : y ? -1 : 0;
      if (x[1] && !y[1]) return 1;
      if (!x[1] && y[1]) return -1;
      const order = x[1] ? compareNumbers(x[1], y[1]!) : x[2]! < y[2]! ? -1 : x[2]! > y[2]! ? 1 : 0;
      if (order !== 0) return order;
    }
    left = left.slice(x![0].length);
    right = right.slice(y![0].length);
  }
}

function split(version: string): readonly [epoch: string, version: string, release: string | undefined] {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  const epoch = colon < 0 ? '0' : version.slice(0, colon) || '0';
  return dash < 0 ? [epoch, rest, undefined] : [epoch, rest.slice(0, dash), rest.slice(dash + 1)];
}

/** A version without a release equals one with any. */
export function compareRpm(a: string, b: string): number {
  const [epochA, versionA, releaseA] = split(a);
  const [epochB, versionB, releaseB] = split(b);
  const order = compareSegments(epochA, epochB) || compareSegments(versionA, versionB);
  if (order !== 0 || releaseA === undefined || releaseB === undefined) return order;
  return compareSegments(releaseA, releaseB);
}
