/**
 * The users and roles that trust policies name. One that does not exist is refused when the policy is written; one that
 * is deleted later stays in the policy by its unique id, so that a new one of the same name is not trusted.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */

import type { Tx, View } from '#store/store.ts';
import { accessKeys, accounts, roles, users } from '#store/tables.ts';
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

/** Puts `to` for `from` in every trust policy; called when a user or role goes (its id), or is renamed (its new ARN). */
export function renamePrincipal(tx: Tx, from: string, to: string): void {
  for (const role of tx.all(roles)) {
    if (!role.assumeRolePolicyDocument.includes(from)) continue;
    const document: Json = JSON.parse(role.assumeRolePolicyDocument);
    let isChanged = false;
    for (const element of principalElements(document)) {
      const names = listOf(element['AWS']);
      if (!names.includes(from)) continue;
      const renamed = names.map((name) => (name === from ? to : name));
      element['AWS'] = Array.isArray(element['AWS']) ? renamed : renamed[0];
      isChanged = true;
    }
    if (isChanged) tx.put(roles, { ...role, assumeRolePolicyDocument: JSON.stringify(document) });
  }
}
