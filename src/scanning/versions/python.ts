/** Python's order: https://packaging.python.org/en/latest/specifications/version-specifiers/ */

const pattern =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)[-_.]?(?:(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(?:post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;

const phases: Readonly<Record<string, number>> = { a: 0, alpha: 0, b: 1, beta: 1, c: 2, rc: 2, pre: 2, preview: 2 };

interface Parsed {
  readonly epoch: number;
  readonly release: readonly number[];
  /** Ordered: pre-releases, then the release, then post-releases; a dev release comes before what it is of. */
  readonly rank: readonly number[];
  readonly local: readonly string[];
}

function parse(version: string): Parsed | undefined {
  const found = pattern.exec(version.trim().toLowerCase());
  if (!found) return undefined;
  const [, epoch, release, phase, preNumber, postDash, post, dev, devNumber, local] = found;
  const isPost = postDash !== undefined || post !== undefined;
  const prePhase = phase !== undefined ? phases[phase]! : dev !== undefined && !isPost ? -1 : 3;
  const numbers = release!.split('.').map(Number);
  while (numbers.length > 1 && numbers.at(-1) === 0) numbers.pop();
  return {
    epoch: Number(epoch ?? 0),
    release: numbers,
    rank: [
      prePhase,
      Number(preNumber || 0),
      isPost ? Number(postDash ?? (post || 0)) : -1,
      dev === undefined ? Number.POSITIVE_INFINITY : Number(devNumber || 0),
    ],
    local: local?.split(/[-_.]/) ?? [],
  };
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

function compareLocal(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const [left, right] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (left !== right) return left ? 1 : -1;
    const order = left ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0;
    if (order !== 0) return order;
  }
  return 0;
}

/** What is no version of PEP 440 is older than what is one. */
export function comparePython(a: string, b: string): number {
  const left = parse(a);
  const right = parse(b);
  if (!left || !right) return left ? 1 : right ? -1 : a < b ? -1 : a > b ? 1 : 0;
  return (
    left.epoch - right.epoch ||
    compareLists(left.release, right.release) ||
    compareLists(left.rank, right.rank) ||
    compareLocal(left.local, right.local)
  );
}
