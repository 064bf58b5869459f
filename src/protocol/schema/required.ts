/** Schema → a closure that lists the required members that an input lacks, as AWS writes their paths. */
import type { Shape, StructureShape } from './shape.ts';

type Check = (value: unknown, path: string, missing: string[]) => void;

const checks = new WeakMap<Shape, Check | null>();

const lowerFirst = (text: string) => text.slice(0, 1).toLowerCase() + text.slice(1);
const join = (path: string, name: string) => (path === '' ? lowerFirst(name) : `${path}.${lowerFirst(name)}`);

/** Null when nothing below the shape can be missing. A shape inside its own circle counts as one that can. */
function checkOf(shape: Shape): Check | null {
  const known = checks.get(shape);
  if (known !== undefined) return known;
  let made: Check | null = null;
  checks.set(shape, (value, path, missing) => made?.(value, path, missing));
  if (shape.kind === 'structure') made = structureCheck(shape);
  else if (shape.kind === 'list') {
    const member = checkOf(shape.member.shape());
    if (member) {
      made = (value, path, missing) => {
        for (const [i, item] of (value as unknown[]).entries()) {
          if (item !== null) member(item, `${path}.${i + 1}.member`, missing);
        }
      };
    }
  } else if (shape.kind === 'map') {
    const member = checkOf(shape.value.shape());
    if (member) {
      made = (value, path, missing) => {
        for (const [key, item] of Object.entries(value as object)) member(item, `${path}.${key}.member`, missing);
      };
    }
  }
  checks.set(shape, made);
  return made;
}

function structureCheck(shape: StructureShape): Check | null {
  const required = shape.members.slice(0, shape.requiredCount).map((member) => member.name);
  const nested = shape.members.flatMap((member) => {
    const check = checkOf(member.shape());
    return check ? [{ name: member.name, check }] : [];
  });
  if (required.length === 0 && nested.length === 0) return null;
  return (value, path, missing) => {
    const from = value as Record<string, unknown>;
    for (const name of required) if (from[name] === undefined) missing.push(join(path, name));
    for (const { name, check } of nested) {
      const member = from[name];
      if (member !== undefined) check(member, join(path, name), missing);
    }
  };
}

/** Answers a function from a decoded input to the paths that are missing, e.g. `volumes.1.member.name`. */
export function requiredChecker(shape: StructureShape): (input: unknown) => string[] {
  const check = checkOf(shape);
  return (input) => {
    const missing: string[] = [];
    check?.(input, '', missing);
    return missing;
  };
}
