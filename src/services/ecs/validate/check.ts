/** Small pieces that every rule of a task definition uses. */
import { clientException } from '../errors.ts';

/** `Invalid 'links' setting for container 'web'. …`: how ECS begins most of its messages about one container. */
export const badSetting = (container: string, setting: string, why: string) =>
  clientException(`Invalid '${setting}' setting for container '${container}'. ${why}`);

/** What AWS has and Slipway does not do yet is refused, never stored and ignored. */
export const notSupported = (what: string) => clientException(`${what} is not supported here yet.`);

export function isWhole(value: number | undefined, min: number, max: number): boolean {
  return value !== undefined && Number.isInteger(value) && value >= min && value <= max;
}

/** The first value that stands twice in a list. */
export function firstDuplicate(values: Iterable<string>): string | undefined {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) return value;
    seen.add(value);
  }
  return undefined;
}

/** Removes members that are undefined, so that what was absent stays absent in rows and answers. */
export function compact<T extends object>(object: T): T {
  const kept: Partial<T> = {};
  for (const name in object) if (object[name] !== undefined) kept[name] = object[name];
  return kept as T;
}
