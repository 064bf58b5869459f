/**
 * The permission that a use of a KMS key needs. A key's policy must allow, also within its account; grants allow beside
 * it, to the principals that they name, so they are asked as statements of the key's policy.
 *
 * https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
 */
import { parseArn } from '#model/arn.ts';
import type { KmsGrantRow, KmsKeyRow } from '#model/kms.ts';
import type { ContextValue } from '#policy/context.ts';
import type { Permission } from '#protocol/authorize.ts';
import type { Principal } from '#protocol/service.ts';
import type { View } from '#store/store.ts';
import { kmsAliases, kmsGrants } from '#store/tables/secrets.ts';
import type { EncryptionContext } from './kms-key.ts';

export interface KeyUse {
  readonly principal: Principal;
  readonly encryptionContext?: EncryptionContext | undefined;
  /** The service that asks for its caller: `ssm`. */
  readonly viaService?: string;
  /** Further condition keys of the operation. */
  readonly keys?: Readonly<Record<string, ContextValue | undefined>>;
  readonly requestTags?: Readonly<Record<string, string>> | undefined;
}

interface Statement {
  readonly Effect: 'Allow';
  readonly Principal: { readonly AWS: string };
  readonly Action: string;
  readonly Resource: '*';
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

function conditionOf(constraints: KmsGrantRow['constraints']): Statement['Condition'] {
  const equals = constraints?.EncryptionContextEquals;
  const pairs = equals ?? constraints?.EncryptionContextSubset;
  if (!pairs) return undefined;
  const entries = Object.entries(pairs).map(([key, value]) => [`kms:EncryptionContext:${key}`, value] as const);
  const only = equals && { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': Object.keys(equals) } };
  return { ...(entries.length > 0 && { StringEquals: Object.fromEntries(entries) }), ...only };
}

/** Grants that name the principal, its role or user, or its whole account. */
function grantsFor(view: View, key: KmsKeyRow, principal: Principal): KmsGrantRow[] {
  const names = new Set([principal.arn, principal.session?.issuerArn, `arn:aws:iam::${principal.account}:root`]);
  return [...view.find(kmsGrants, 'byKey', key.arn)].filter(
    (grant) => names.has(grant.granteePrincipal) || names.has(grant.retiringPrincipal),
  );
}

/** Operations on a key's cipher that a context constraint is about; the others it leaves alone. */
const contextFree = new Set(['DescribeKey', 'RetireGrant', 'GetPublicKey']);

function statementsOf(grant: KmsGrantRow, operation: string): Statement[] {
  const allow = (principal: string, condition?: Statement['Condition']): Statement => ({
    Effect: 'Allow',
    Principal: { AWS: principal },
    Action: `kms:${operation}`,
    Resource: '*',
    ...(condition && { Condition: condition }),
  });
  const statements: Statement[] = [];
  if (grant.operations.some((one) => one === operation)) {
    statements.push(
      allow(grant.granteePrincipal, contextFree.has(operation) ? undefined : conditionOf(grant.constraints)),
    );
  }
  if (operation === 'RetireGrant' && grant.retiringPrincipal) statements.push(allow(grant.retiringPrincipal));
  return statements;
}

function policyWithGrants(policy: string, statements: readonly Statement[]): string {
  if (statements.length === 0) return policy;
  const document = JSON.parse(policy);
  return JSON.stringify({ ...document, Statement: [document.Statement].flat().concat(statements) });
}

/** The action's permission on a key. `action` is `kms:…`. */
export function keyPermission(view: View, key: KmsKeyRow, action: string, use: KeyUse): Permission {
  const operation = action.slice('kms:'.length);
  const grants = grantsFor(view, key, use.principal).flatMap((grant) => statementsOf(grant, operation));
  const context = Object.entries(use.encryptionContext ?? {});
  const aliases = [...view.find(kmsAliases, 'byKey', key.arn)].map(({ name }) => name);
  return {
    action,
    resource: key.arn,
    resourcePolicy: { name: `key policy of ${key.arn}`, document: policyWithGrants(key.policy, grants) },
    needsResourcePolicy: true,
    resourceTags: key.tags,
    requestTags: use.requestTags,
    keys: {
      'kms:CallerAccount': use.principal.account,
      'kms:KeySpec': key.spec,
      'kms:KeyUsage': key.usage,
      'kms:KeyOrigin': 'AWS_KMS',
      'kms:MultiRegion': 'false',
      ...(aliases.length > 0 && { 'kms:ResourceAliases': aliases }),
      ...(use.viaService && {
        'kms:ViaService': `${use.viaService}.${parseArn(key.arn)!.region}.amazonaws.com`,
        'aws:ViaAWSService': 'true',
      }),
      ...(context.length > 0 && { 'kms:EncryptionContextKeys': context.map(([name]) => name) }),
      ...Object.fromEntries(context.map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
      ...use.keys,
    },
  };
}
