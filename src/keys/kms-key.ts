/**
 * KMS keys as the rest of Slipway uses them. Services that keep secrets (parameters, secrets, images) cannot import the
 * service KMS; what they and it have in common is here.
 *
 * - A key's material is sealed by the vault and leaves this room only inside a cipher.
 * - A value of a service is encrypted with a data key of its own, which the KMS key wraps (`sealValue`). Both steps
 *   authenticate the encryption context, so a value that is moved to another row does not open.
 * - A ciphertext names its key and the generation of material that made it: rotation never makes one unreadable, and
 *   the deletion of the key always does.
 * - Nobody is asked for permission here; `kms-access.ts` says which one a use needs.
 */

import type { Clock } from '#lib/clock.ts';
import { hexId, uuid } from '#lib/ids.ts';
import type { Random } from '#lib/random.ts';
import { parseArn, partitionOf, type Scope } from '#model/arn.ts';
import type { KeyMaterial, KmsKeyRow } from '#model/kms.ts';
import type { Tx, View } from '#store/store.ts';
import { kmsAliases, kmsGrants, kmsKeys } from '#store/tables/secrets.ts';
import { decrypt, encrypt } from './key-provider.ts';
import type { Vault } from './vault.ts';

export interface KeyDeps {
  readonly vault: Vault;
  readonly random: Random;
  readonly clock: Clock;
}

export type EncryptionContext = Readonly<Record<string, string>>;

const purpose = 'kms key';
const symmetricBytes = 32;
const DAY_MS = 86_400_000;
/** AWS rotates its managed keys every year. */
const MANAGED_ROTATION_DAYS = 365;

const kmsArn = (scope: Scope, resource: string) =>
  `arn:${partitionOf(scope.region)}:kms:${scope.region}:${scope.account}:${resource}`;
export const keyArn = (scope: Scope, id: string): string => kmsArn(scope, `key/${id}`);
/** `name` with `alias/`. */
export const aliasArn = (scope: Scope, name: string): string => kmsArn(scope, name);

/** The ARN that a client's name for a key stands for, be it there or not: a key id or alias, or an ARN of either. */
export function toArn(scope: Scope, named: string): string {
  if (named.startsWith('arn:')) return named;
  return named.startsWith('alias/') ? aliasArn(scope, named) : keyArn(scope, named);
}

/** The key that a client names, in the caller's region; other accounts' by ARN only. */
export function findKey(view: View, scope: Scope, named: string): KmsKeyRow | undefined {
  const arn = toArn(scope, named);
  if (parseArn(arn)?.region !== scope.region) return undefined;
  const alias = view.get(kmsAliases, arn);
  return view.get(kmsKeys, alias ? alias.keyArn : arn);
}

export type KeyProblem = 'MISSING' | 'DISABLED' | 'PENDING_DELETION' | 'WRONG_USAGE';

/** Why a symmetric key cannot encrypt or decrypt for a service. */
export function problemOf(key: KmsKeyRow | undefined): KeyProblem | undefined {
  if (!key) return 'MISSING';
  if (key.state === 'Disabled') return 'DISABLED';
  if (key.state === 'PendingDeletion') return 'PENDING_DELETION';
  return key.spec === 'SYMMETRIC_DEFAULT' ? undefined : 'WRONG_USAGE';
}

export function newMaterial(
  deps: KeyDeps,
  arn: string,
  plaintext: Buffer,
  rotation?: KeyMaterial['rotation'],
): KeyMaterial {
  return {
    id: hexId(deps.random, 32),
    sealed: deps.vault.seal(purpose, plaintext, arn),
    createdAt: deps.clock.now(),
    ...(rotation && { rotation }),
  };
}

const drawSymmetric = (random: Random) => Buffer.from(random.bytes(symmetricBytes));

/** The material of a generation, the newest by default: for ciphers and signatures, never for a reply. */
export function openMaterial(vault: Vault, key: KmsKeyRow, material = key.materials.at(-1)!): Buffer {
  return vault.open(purpose, material.sealed, key.arn);
}

/** The policy that a key gets when its maker gives none: the account's own policies decide. */
export const defaultKeyPolicy = (account: string, region: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:${partitionOf(region)}:iam::${account}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });

/** Makes a key row. Without `material` it is a symmetric key with fresh material. */
export function insertKey(
  tx: Tx,
  deps: KeyDeps,
  scope: Scope,
  made: Partial<Pick<KmsKeyRow, 'spec' | 'usage' | 'description' | 'policy' | 'tags' | 'publicKey' | 'manager'>> & {
    readonly id?: string;
    readonly material?: Buffer;
  },
): KmsKeyRow {
  const { id = uuid(deps.random), material = drawSymmetric(deps.random), ...rest } = made;
  const arn = keyArn(scope, id);
  return tx.insert(kmsKeys, {
    account: scope.account,
    region: scope.region,
    arn,
    id,
    state: 'Enabled',
    manager: 'CUSTOMER',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    description: '',
    policy: defaultKeyPolicy(scope.account, scope.region),
    tags: {},
    createdAt: deps.clock.now(),
    materials: [newMaterial(deps, arn, material)],
    ...rest,
  });
}

/** Names of AWS managed keys, each with the service that uses it for its callers. */
const managedAliases = ['ssm', 'secretsmanager', 'ecr', 'ecs', 'ebs', 's3', 'elasticfilesystem'] as const;

export const isManagedAlias = (name: string): boolean =>
  managedAliases.some((service) => name === `alias/aws/${service}`);

function managedPolicy({ account, region }: Scope, service: string): string {
  const root = `arn:${partitionOf(region)}:iam::${account}:root`;
  return JSON.stringify({
    Version: '2012-10-17',
    Id: `auto-${service}-1`,
    Statement: [
      {
        Sid: `Allow access through ${service} for all principals in the account that are authorized to use it`,
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: [
          'kms:Encrypt',
          'kms:Decrypt',
          'kms:ReEncrypt*',
          'kms:GenerateDataKey*',
          'kms:CreateGrant',
          'kms:DescribeKey',
        ],
        Resource: '*',
        Condition: {
          StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': `${service}.${region}.amazonaws.com` },
        },
      },
      {
        Sid: 'Allow direct access to key metadata to the account',
        Effect: 'Allow',
        Principal: { AWS: root },
        Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
        Resource: '*',
      },
    ],
  });
}

/** The AWS managed key behind `alias/aws/<service>`, made at its first use in an account and region. */
export function defaultKey(tx: Tx, deps: KeyDeps, scope: Scope, alias: string): KmsKeyRow {
  const found = findKey(tx, scope, alias);
  if (found) return found;
  if (!isManagedAlias(alias)) throw new Error(`there is no AWS managed key ${alias}`);
  const service = alias.slice('alias/aws/'.length);
  const now = deps.clock.now();
  const key = insertKey(tx, deps, scope, {
    manager: 'AWS',
    description: `Default key that protects my ${service} data when no other key is defined`,
    policy: managedPolicy(scope, service),
  });
  insertAlias(tx, scope, alias, key.arn, now);
  const rotation = { periodDays: MANAGED_ROTATION_DAYS, nextAt: now + MANAGED_ROTATION_DAYS * DAY_MS };
  return tx.put(kmsKeys, { ...key, rotation });
}

export function insertAlias(tx: Tx, scope: Scope, name: string, target: string, now: number): void {
  tx.insert(kmsAliases, {
    account: scope.account,
    region: scope.region,
    arn: aliasArn(scope, name),
    name,
    keyArn: target,
    createdAt: now,
    updatedAt: now,
  });
}

/** Gives the key a new generation of material, which encrypts from now on. */
export function rotate(tx: Tx, deps: KeyDeps, key: KmsKeyRow, how: 'AUTOMATIC' | 'ON_DEMAND'): KmsKeyRow {
  const material = newMaterial(deps, key.arn, drawSymmetric(deps.random), how);
  return tx.put(kmsKeys, { ...key, materials: [...key.materials, material] });
}

export const isRotationDue = (key: KmsKeyRow, now: number): boolean =>
  key.state === 'Enabled' && key.rotation !== undefined && key.rotation.nextAt <= now;

/** Rotates a key whose day has come; asked for before the key encrypts, because nothing else can tell the difference. */
export function rotateIfDue(tx: Tx, deps: KeyDeps, key: KmsKeyRow): KmsKeyRow {
  if (!isRotationDue(key, deps.clock.now())) return key;
  const { periodDays } = key.rotation!;
  const rotated = rotate(tx, deps, key, 'AUTOMATIC');
  return tx.put(kmsKeys, { ...rotated, rotation: { periodDays, nextAt: deps.clock.now() + periodDays * DAY_MS } });
}

/** Deletes a key with its aliases and grants: what it encrypted opens no more. */
export function deleteKey(tx: Tx, arn: string): void {
  for (const alias of [...tx.find(kmsAliases, 'byKey', arn)]) tx.delete(kmsAliases, alias.arn);
  for (const grant of [...tx.find(kmsGrants, 'byKey', arn)]) tx.delete(kmsGrants, grant.key);
  tx.delete(kmsKeys, arn);
}

const canonical = (context: EncryptionContext) =>
  JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)));

const blobVersion = 1;
const materialIdBytes = 32;

/** Version, material id, length of the ARN, ARN; then what `encrypt` made. */
function blobHeader(key: KmsKeyRow): Buffer {
  const arn = Buffer.from(key.arn);
  const material = Buffer.from(key.materials.at(-1)!.id, 'hex');
  return Buffer.concat([Buffer.of(blobVersion), material, Buffer.of(arn.length), arn]);
}

/** A ciphertext of the key's newest material, at most 4096 bytes of plaintext by the API's rule. */
export function encryptUnder(
  deps: Pick<KeyDeps, 'vault' | 'random'>,
  key: KmsKeyRow,
  plaintext: Buffer,
  context: EncryptionContext,
): Buffer {
  const header = blobHeader(key);
  const additional = header.toString('base64') + canonical(context);
  return Buffer.concat([header, encrypt(openMaterial(deps.vault, key), deps.random, plaintext, additional)]);
}

interface Blob {
  readonly keyArn: string;
  readonly materialId: string;
  readonly header: Buffer;
  readonly sealed: Buffer;
}

/** What a ciphertext says of itself; undefined for bytes that are none of ours. */
export function readBlob(bytes: Buffer): Blob | undefined {
  const fixed = 1 + materialIdBytes + 1;
  if (bytes.length < fixed || bytes[0] !== blobVersion) return undefined;
  const end = fixed + bytes[fixed - 1]!;
  if (bytes.length < end) return undefined;
  return {
    keyArn: bytes.subarray(fixed, end).toString(),
    materialId: bytes.subarray(1, 1 + materialIdBytes).toString('hex'),
    header: bytes.subarray(0, end),
    sealed: bytes.subarray(end),
  };
}

/** The plaintext, or undefined when the key, the context or the bytes are not those of `encryptUnder`. */
export function decryptWith(vault: Vault, key: KmsKeyRow, blob: Blob, context: EncryptionContext): Buffer | undefined {
  const material = key.materials.find(({ id }) => id === blob.materialId);
  if (!material || key.arn !== blob.keyArn) return undefined;
  try {
    return decrypt(
      openMaterial(vault, key, material),
      blob.sealed,
      blob.header.toString('base64') + canonical(context),
    );
  } catch {
    return undefined;
  }
}

/** Envelope encryption of a service's value: a data key of its own, wrapped by the KMS key. Base64. */
export function sealValue(
  deps: Pick<KeyDeps, 'vault' | 'random'>,
  key: KmsKeyRow,
  plaintext: Buffer | string,
  context: EncryptionContext,
): string {
  const dataKey = drawSymmetric(deps.random);
  const wrapped = encryptUnder(deps, key, dataKey, context);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(wrapped.length);
  const value = encrypt(dataKey, deps.random, Buffer.from(plaintext), canonical(context));
  dataKey.fill(0);
  return Buffer.concat([length, wrapped, value]).toString('base64');
}

function splitSealed(sealed: string): { readonly wrapped: Buffer; readonly value: Buffer } {
  const bytes = Buffer.from(sealed, 'base64');
  const end = 2 + bytes.readUInt16BE(0);
  return { wrapped: bytes.subarray(2, end), value: bytes.subarray(end) };
}

/** ARN of the key that a value was sealed under. */
export const keyOfSealed = (sealed: string): string | undefined => readBlob(splitSealed(sealed).wrapped)?.keyArn;

/** Throws when the key or the context are not those of `sealValue`: for values of our own rows. */
export function openValue(vault: Vault, key: KmsKeyRow, sealed: string, context: EncryptionContext): Buffer {
  const { wrapped, value } = splitSealed(sealed);
  const blob = readBlob(wrapped);
  const dataKey = blob && decryptWith(vault, key, blob, context);
  if (!dataKey) throw new Error(`a value sealed under ${key.arn} does not open`);
  return decrypt(dataKey, value, canonical(context));
}
