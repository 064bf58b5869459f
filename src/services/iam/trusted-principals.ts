/**
 * The users and roles that policies of roles and resources name. One that does not exist is refused when a trust policy is
 * written; one that is deleted later stays in the policy by its unique id, so that a new one of the same name is not trusted.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */

import type { Tx, View } from '#store/store.ts';
import type { Table } from '#store/table.ts';
import { registries, repositories } from '#store/tables/ecr.ts';
import { accessKeys, accounts, roles, users } from '#store/tables/iam.ts';
import { kmsGrants, kmsKeys, parameters, secrets } from '#store/tables/secrets.ts';
import { malformedPolicy } from './errors.ts';

type Json = { [name: string]: unknown };
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

/** The objects in a document that hold the member `AWS`. */
function principalElements(document: Json): Json[] {
  return listOf(document['Statement'])
    .filter(isObject)
    .flatMap((statement) => [statement['Principal'], statement['NotPrincipal']])
    .filter(isObject);
}

const identity = /^arn:aws:iam::(\d{12}):(user|role)\/.+$/;

/** Accounts that Slipway does not hold cannot be asked. */
function exists(view: View, arn: string): boolean {
  const [, account, kind] = identity.exec(arn) ?? [];
  if (account === undefined || !view.get(accounts, account)) return true;
  if (kind === 'role') return view.get(roles, arn) !== undefined;
  return view.get(users, arn) !== undefined || view.count(accessKeys, 'byPrincipal', arn) > 0;
}

export function checkTrustedPrincipals(view: View, document: string): void {
  for (const element of principalElements(JSON.parse(document))) {
    for (const name of listOf(element['AWS'])) {
      if (!exists(view, String(name))) throw malformedPolicy(`Invalid principal in policy: "AWS":"${name}"`);
    }
  }
}

/** The document with `to` for `from` among its principals; undefined when `from` is not there. */
function withRenamed(text: string | undefined, from: string, to: string): string | undefined {
  if (!text?.includes(from)) return undefined;
  const document: Json = JSON.parse(text);
  let isChanged = false;
  for (const element of principalElements(document)) {
    const names = listOf(element['AWS']);
    if (!names.includes(from)) continue;
    const renamed = names.map((name) => (name === from ? to : name));
    element['AWS'] = Array.isArray(element['AWS']) ? renamed : renamed[0];
    isChanged = true;
  }
  return isChanged ? JSON.stringify(document) : undefined;
}

/**
 * Puts `to` for `from` in every policy that names principals; called when a user or role goes (its id), or is renamed (its
 * new ARN). Grants on keys to one that goes are of nobody any more.
 */
export function renamePrincipal(tx: Tx, from: string, to: string): void {
  const change = <R>(table: Table<R>, documentOf: (row: R) => string | undefined, put: (row: R, text: string) => R) => {
    for (const row of [...tx.all(table)]) {
      const text = withRenamed(documentOf(row), from, to);
      if (text !== undefined) tx.put(table, put(row, text));
    }
  };
  change(
    roles,
    (row) => row.assumeRolePolicyDocument,
    (row, assumeRolePolicyDocument) => ({ ...row, assumeRolePolicyDocument }),
  );
  for (const table of [repositories, registries] as Table<{ readonly policyText?: string }>[]) {
    change(
      table,
      (row) => row.policyText,
      (row, policyText) => ({ ...row, policyText }),
    );
  }
  for (const table of [kmsKeys, secrets] as Table<{ readonly policy?: string }>[]) {
    change(
      table,
      (row) => row.policy,
      (row, policy) => ({ ...row, policy }),
    );
  }
  change(
    parameters,
    (row) => row.resourcePolicy?.document,
    (row, document) => ({ ...row, resourcePolicy: { ...row.resourcePolicy!, document } }),
  );
  for (const grant of [...tx.all(kmsGrants)]) {
    const { granteePrincipal, retiringPrincipal } = grant;
    if (granteePrincipal !== from && retiringPrincipal !== from) continue;
    const renamed = (name: string) => (name === from ? to : name);
    tx.put(kmsGrants, {
      ...grant,
      granteePrincipal: renamed(granteePrincipal),
      ...(retiringPrincipal !== undefined && { retiringPrincipal: renamed(retiringPrincipal) }),
    });
  }
}
