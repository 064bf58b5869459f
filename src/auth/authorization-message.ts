/**
 * A refusal as sts:DecodeAuthorizationMessage answers it, sealed for the account that was refused: only somebody there
 * whom policies allow it can read what the request carried.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Vault } from '#keys/vault.ts';
import { accountOf, nameOf } from '#policy/principal.ts';
import type { Denial } from './authorize.ts';

const purpose = 'authorization message';

function toText({ question, decision }: Denial): string {
  const { principal, action, resource, context } = question;
  const by = decision.kind === 'explicitDeny' ? decision.decidedBy : undefined;
  const items = [...context].map(([key, value]) => ({
    key,
    values: { items: [value].flat().map((one) => ({ value: one })) },
  }));
  return JSON.stringify({
    allowed: false,
    explicitDeny: decision.kind === 'explicitDeny',
    matchedStatements: {
      items: by ? [{ statementId: by.sid ?? '', effect: 'DENY', policyName: by.policy, statementIndex: by.index }] : [],
    },
    failures: { items: [] },
    context: {
      principal: { id: context.get('aws:userid') ?? '', arn: nameOf(principal) },
      action,
      resource,
      conditions: { items },
    },
  });
}

/** Nothing for callers without an account. */
export function encodeDenial(vault: Vault, denial: Denial): string | undefined {
  const account = accountOf(denial.question.principal);
  return account === undefined ? undefined : vault.seal(purpose, deflateRawSync(toText(denial)), account);
}

/** Undefined for what was not encoded here, or for another account. */
export function decodeDenial(vault: Vault, account: string, encoded: string): string | undefined {
  try {
    return inflateRawSync(vault.open(purpose, encoded, account)).toString();
  } catch {
    return undefined;
  }
}
