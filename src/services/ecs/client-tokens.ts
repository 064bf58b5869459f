/** Idempotency by clientToken: the same token with the same request answers what it made before. */
import { createHash } from 'node:crypto';
import { type Scope, scopeKey } from '#model/arn.ts';
import type { Tx, View } from '#store/store.ts';
import { clientTokens } from '#store/tables/ecs.ts';
import { clientException } from './errors.ts';

const keyOf = (scope: Scope, operation: string, token: string) => `${scopeKey(scope)}/${operation}/${token}`;
const hashOf = (request: unknown) => createHash('sha256').update(JSON.stringify(request)).digest('hex');

/** ARNs that the token made, if it was used before; `refusal` (by default ClientException) when for another request. */
export function tokenResult(
  view: View,
  scope: Scope,
  operation: string,
  token: string,
  request: unknown,
  refusal: (resourceArns: readonly string[]) => Error = () =>
    clientException(`The client token ${token} was used before with other parameters.`),
): readonly string[] | undefined {
  const row = view.get(clientTokens, keyOf(scope, operation, token));
  if (row && row.requestHash !== hashOf(request)) throw refusal(row.resourceArns);
  return row?.resourceArns;
}

export function rememberToken(
  tx: Tx,
  scope: Scope,
  use: {
    readonly operation: string;
    readonly token: string;
    readonly request: unknown;
    readonly resourceArns: readonly string[];
    readonly nowMs: number;
  },
): void {
  tx.put(clientTokens, {
    key: keyOf(scope, use.operation, use.token),
    requestHash: hashOf(use.request),
    resourceArns: use.resourceArns,
    createdAt: use.nowMs,
  });
}
