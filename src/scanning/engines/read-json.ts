/** Reading of documents that others have written and may have changed the form of. */
import { findingSeverities } from '../advisory.ts';
import type { Vulnerability } from '../find-vulnerabilities.ts';

export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
export const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** Epoch milliseconds of a time in ISO 8601. */
export function timeOf(value: unknown): number | undefined {
  const time = Date.parse(textOf(value) ?? '');
  return Number.isNaN(time) || time <= 0 ? undefined : time;
}

export function worstFirst<T extends Vulnerability>(vulnerabilities: Iterable<T>): T[] {
  const rank = ({ severity }: T) => findingSeverities.indexOf(severity);
  return [...vulnerabilities].sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
}
