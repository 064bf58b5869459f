/** Parameters and their versions in the store. */
import type { ParameterRow, ParameterVersionRow } from '#model/ssm.ts';
import type { Tx, View } from '#store/store.ts';
import { parameters, parameterVersions } from '#store/tables/secrets.ts';
import type { SsmContext } from './context.ts';
import { parameterNotFound } from './errors.ts';
import { type NamedParameter, parameterKey, parseName } from './names.ts';
import { isExpired } from './policies.ts';

export const versionKey = (key: string, version: number): string => `${key}#${String(version).padStart(12, '0')}`;

export function findByKey(view: View, key: string, now: number): ParameterRow | undefined {
  const row = view.get(parameters, key);
  return row && !isExpired(row, now) ? row : undefined;
}

/** What a client's name means, of any account: who may see it is the caller's permission. */
export function findNamed(ctx: SsmContext, named: NamedParameter | undefined): ParameterRow | undefined {
  for (const name of named?.names ?? []) {
    const row = findByKey(ctx.store, parameterKey(named!, name), ctx.clock.now());
    if (row) return row;
  }
  return undefined;
}

/** By name or ARN, without selector. ParameterNotFound. */
export function resolveParameter(ctx: SsmContext, name: string): ParameterRow {
  const named = parseName(ctx, name);
  const row = named?.selector === undefined ? findNamed(ctx, named) : undefined;
  if (!row) throw parameterNotFound(name);
  return row;
}

export const currentVersion = (view: View, row: ParameterRow): ParameterVersionRow =>
  view.get(parameterVersions, versionKey(row.key, row.version))!;

export const versionsOf = (view: View, row: ParameterRow): Iterable<ParameterVersionRow> =>
  view.find(parameterVersions, 'byParameter', row.key);

/** The version that `:3` or `:label` means. */
export function selectVersion(view: View, row: ParameterRow, selector: string | undefined) {
  if (selector === undefined) return currentVersion(view, row);
  const text = selector.slice(1);
  if (/^\d+$/.test(text)) return view.get(parameterVersions, versionKey(row.key, Number(text)));
  for (const version of versionsOf(view, row)) if (version.labels.includes(text)) return version;
  return undefined;
}

export function deleteParameter(tx: Tx, key: string): void {
  for (const version of [...tx.find(parameterVersions, 'byParameter', key)]) tx.delete(parameterVersions, version.key);
  tx.delete(parameters, key);
}
