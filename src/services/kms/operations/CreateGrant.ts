import type { CreateGrantCommandInput, CreateGrantCommandOutput } from '@aws-sdk/client-kms';
import { hexId } from '#lib/ids.ts';
import { parseArn } from '#model/arn.ts';
import type { KmsGrantRow } from '#model/kms.ts';
import { Constraints } from '#protocol/constraints.ts';
import { kmsGrants } from '#store/tables/secrets.ts';
import { refuseDryRun } from '../check.ts';
import type { KmsOperation } from '../context.ts';
import { unsupported, validation } from '../errors.ts';
import { findByName, grantToken, isOperationOf } from '../grants.ts';
import { checkNotDeleting, resolveKey } from '../resolve.ts';

function checkPrincipal(principal: string | undefined, member: string): void {
  if (principal === undefined) return;
  const service = parseArn(principal)?.service;
  if (service !== 'iam' && service !== 'sts') throw validation(`Invalid ${member} principal ARN: ${principal}`);
}

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html. A grant acts from this transaction on, so
 * its token adds nothing.
 */
export const CreateGrant: KmsOperation<CreateGrantCommandInput, CreateGrantCommandOutput> = (ctx, input) => {
  new Constraints().text('name', input.Name, { min: 1, max: 256, pattern: '^[a-zA-Z0-9:/_-]+$' }).check();
  if (input.GranteeServicePrincipal !== undefined || input.RetiringServicePrincipal !== undefined) {
    throw unsupported('Grants to service principals are not supported.');
  }
  const key = resolveKey(ctx, input.KeyId);
  checkNotDeleting(key);
  const { GranteePrincipal: granteePrincipal, RetiringPrincipal: retiringPrincipal, Constraints: limits } = input;
  if (granteePrincipal === undefined) throw validation('GranteePrincipal is required.');
  checkPrincipal(granteePrincipal, 'grantee');
  checkPrincipal(retiringPrincipal, 'retiring');
  if (limits?.SourceArn !== undefined) throw unsupported('The SourceArn constraint is not supported.');
  if (limits?.EncryptionContextEquals && limits.EncryptionContextSubset) {
    throw validation('Only one of EncryptionContextEquals and EncryptionContextSubset may be given.');
  }
  const wrong = input.Operations!.find((operation) => !isOperationOf(key, operation));
  if (input.Operations!.length === 0 || wrong) {
    throw validation(wrong ? `Operation ${wrong} is not valid for ${key.arn}.` : 'Operations must not be empty.');
  }
  refuseDryRun(input.DryRun);
  const id = hexId(ctx.random, 32);
  const grant: KmsGrantRow = {
    key: `${key.arn}#${id}`,
    keyArn: key.arn,
    id,
    granteePrincipal,
    ...(retiringPrincipal !== undefined && { retiringPrincipal }),
    ...(input.Name !== undefined && { name: input.Name }),
    operations: [...new Set(input.Operations)],
    ...(limits && { constraints: limits }),
    issuingAccount: ctx.account,
    createdAt: ctx.clock.now(),
  };
  const made = ctx.store.transact((tx) => findByName(tx, grant) ?? tx.insert(kmsGrants, grant));
  return { GrantId: made.id, GrantToken: grantToken(made) };
};
