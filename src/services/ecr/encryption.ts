/** Encryption configurations: which key a repository names. https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html */
import type { EncryptionConfiguration } from '@aws-sdk/client-ecr';
import { invalidAt } from '#images/api/errors.ts';
import { checkLength, checkOneOf } from '#images/api/validate.ts';
import { keyPermission } from '#keys/kms-access.ts';
import { defaultKey, findKey } from '#keys/kms-key.ts';
import type { Scope } from '#model/arn.ts';
import type { RepositoryRow } from '#model/ecr.ts';
import { ServiceError } from '#protocol/service.ts';
import type { Tx } from '#store/store.ts';
import type { EcrContext } from './context.ts';

export type Encryption = Pick<RepositoryRow, 'encryptionType' | 'kmsKeyArn'>;

const kmsException = (kmsError: string, message: string) =>
  new ServiceError('KmsException', message, { members: { kmsError } });

/** What the caller must be allowed to do with a key that a repository is to use. */
const keyActions = ['kms:DescribeKey', 'kms:CreateGrant'];

/** With the key's ARN; an AWS managed key where none is named. */
export function toEncryption(
  tx: Tx,
  ctx: EcrContext,
  scope: Scope,
  given: EncryptionConfiguration | undefined,
): Encryption {
  const types = ['AES256', 'KMS', 'KMS_DSSE'] as const;
  const encryptionType = checkOneOf('encryptionConfiguration.encryptionType', given?.encryptionType ?? 'AES256', types);
  const named = given?.kmsKey;
  if (encryptionType === 'AES256') {
    if (named !== undefined) {
      throw invalidAt('encryptionConfiguration.kmsKey', 'KMS key cannot be specified when encryptionType is AES256');
    }
    return { encryptionType };
  }
  const deps = { vault: ctx.deps.vault, clock: ctx.clock, random: ctx.random };
  if (named === undefined) return { encryptionType, kmsKeyArn: defaultKey(tx, deps, scope, 'alias/aws/ecr').arn };
  checkLength('encryptionConfiguration.kmsKey', named, 1, 2048);
  const key = findKey(tx, scope, named);
  if (!key) throw kmsException('NotFoundException', `Key '${named}' does not exist`);
  if (key.state !== 'Enabled') throw kmsException('DisabledException', `${key.arn} is ${key.state}`);
  if (key.spec !== 'SYMMETRIC_DEFAULT') {
    throw kmsException('InvalidKeyUsageException', `${key.arn} is not a symmetric key for encryption`);
  }
  const use = { principal: ctx.principal, viaService: 'ecr' };
  ctx.require(...keyActions.map((action) => keyPermission(tx, key, action, use)));
  return { encryptionType, kmsKeyArn: key.arn };
}
