import type { ParameterTier, PutParameterCommandInput, PutParameterCommandOutput } from '@aws-sdk/client-ssm';
import type { KmsKeyRow } from '#model/kms.ts';
import type { ParameterRow, ParameterVersionRow, StoredTier } from '#model/ssm.ts';
import { Constraints } from '#protocol/constraints.ts';
import type { Tx } from '#store/store.ts';
import { parameters, parameterVersions } from '#store/tables/secrets.ts';
import { checkAllowedPattern } from '../allowed-pattern.ts';
import type { SsmContext, SsmOperation } from '../context.ts';
import { alreadyExists, tooManyVersions, typeMismatch, validation } from '../errors.ts';
import { checkNewName, parameterArn, parameterKey, parseName } from '../names.ts';
import { currentVersion, deleteParameter, findByKey, findNamed, versionKey, versionsOf } from '../parameters.ts';
import { parsePolicies, renewPolicies } from '../policies.ts';
import { mergeTags } from '../tags.ts';
import { defaultKeyAlias, keyForWriting, sealParameter } from '../values.ts';

const MAX_VERSIONS = 100;
const STANDARD_BYTES = 4096;
const ADVANCED_BYTES = 8192;
const types = ['String', 'StringList', 'SecureString'];
const tiers = ['Standard', 'Advanced', 'Intelligent-Tiering'];
const userGuide =
  'For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html';

function checkInput(input: PutParameterCommandInput): void {
  new Constraints()
    .text('type', input.Type, { values: types })
    .text('tier', input.Tier, { values: tiers })
    .text('description', input.Description, { max: 1024 })
    .text('allowedPattern', input.AllowedPattern, { max: 1024 })
    .text('keyId', input.KeyId, { min: 1, max: 256, pattern: '([a-zA-Z0-9:/_-]+)' })
    .text('policies', input.Policies, { min: 1, max: 4096 })
    .text('dataType', input.DataType, { max: 128 })
    .text('value', input.Value, { min: 1, secret: true })
    .check();
  if (input.Overwrite && input.Tags?.length) {
    throw validation(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  }
  const dataType = input.DataType ?? 'text';
  if (dataType !== 'text' && dataType !== 'aws:ec2:image') {
    throw validation(`The following data type is not supported: ${dataType} (Data type names are all lowercase.)`);
  }
  if (dataType === 'aws:ec2:image' && !/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(input.Value!)) {
    throw validation('The value of a parameter of data type aws:ec2:image must be the ID of an Amazon Machine Image.');
  }
}

/** The tier that the value gets: what was asked for, or what it was, or what it needs. */
function tierOf(
  asked: ParameterTier | undefined,
  before: StoredTier | undefined,
  bytes: number,
  needs: boolean,
): StoredTier {
  if (asked === 'Standard' && before === 'Advanced') {
    throw validation(
      `This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter. ${userGuide}`,
    );
  }
  const isSmart = asked === 'Intelligent-Tiering';
  const tier = isSmart
    ? before === 'Advanced' || needs || bytes > STANDARD_BYTES
      ? 'Advanced'
      : 'Standard'
    : undefined;
  const chosen = tier ?? (asked as StoredTier | undefined) ?? before ?? 'Standard';
  if (bytes > (chosen === 'Advanced' ? ADVANCED_BYTES : STANDARD_BYTES)) {
    throw validation(
      chosen === 'Advanced'
        ? `Advanced tier parameters support a maximum parameter value of ${ADVANCED_BYTES} characters.`
        : `Standard tier parameters support a maximum parameter value of ${STANDARD_BYTES} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. ${userGuide}`,
    );
  }
  if (chosen === 'Standard' && needs) {
    throw validation(`Standard tier parameters don't support parameter policies. ${userGuide}`);
  }
  return chosen;
}

interface Existing {
  readonly row: ParameterRow;
  readonly version: ParameterVersionRow;
}

function existing(ctx: SsmContext, input: PutParameterCommandInput): Existing | undefined {
  const named = parseName(ctx, input.Name!);
  const row = named?.selector === undefined ? findNamed(ctx, named) : undefined;
  return row && { row, version: currentVersion(ctx.store, row) };
}

/** Makes room for one more version. */
function dropOldest(tx: Tx, row: ParameterRow): void {
  const [oldest] = versionsOf(tx, row);
  if (tx.count(parameterVersions, 'byParameter', row.key) < MAX_VERSIONS || !oldest) return;
  if (oldest.labels.length > 0) throw tooManyVersions(row.name, oldest.version);
  tx.delete(parameterVersions, oldest.key);
}

function write(
  ctx: SsmContext,
  tx: Tx,
  row: ParameterRow,
  version: Omit<
    ParameterVersionRow,
    'key' | 'parameterKey' | 'version' | 'sealed' | 'labels' | 'modifiedAt' | 'modifiedBy'
  >,
  value: string,
  key: KmsKeyRow | undefined,
): void {
  const at = versionKey(row.key, row.version);
  tx.put(parameters, row);
  tx.insert(parameterVersions, {
    ...version,
    key: at,
    parameterKey: row.key,
    version: row.version,
    sealed: sealParameter(ctx, tx, value, { versionKey: at, arn: row.arn, key }),
    labels: [],
    modifiedAt: ctx.clock.now(),
    modifiedBy: ctx.principal.arn,
  });
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html */
export const PutParameter: SsmOperation<PutParameterCommandInput, PutParameterCommandOutput> = (ctx, input) => {
  const before = existing(ctx, input);
  const name = before?.row.name ?? input.Name!;
  if (!before) checkNewName(name);
  checkInput(input);
  if (before && !input.Overwrite) throw alreadyExists();
  const type = input.Type ?? before?.version.type;
  if (!type) throw validation('A parameter type is required when you create a parameter.');
  if (before && before.version.type !== type) throw typeMismatch();
  if (input.KeyId !== undefined && type !== 'SecureString') {
    throw validation('KeyId is required for SecureString type parameter only.');
  }
  const value = input.Value!;
  const allowedPattern = input.AllowedPattern ?? before?.version.allowedPattern;
  checkAllowedPattern(allowedPattern, value);
  const now = ctx.clock.now();
  const policies =
    input.Policies === undefined
      ? renewPolicies(before?.row.policies ?? [], now, now)
      : parsePolicies(input.Policies, now, now);
  const tier = tierOf(input.Tier, before?.version.tier, Buffer.byteLength(value), policies.length > 0);
  const arn = before?.row.arn ?? parameterArn(ctx, name);
  const keyId = type === 'SecureString' ? (input.KeyId ?? defaultKeyAlias) : undefined;
  const action = tier === 'Advanced' ? 'kms:GenerateDataKey' : 'kms:Encrypt';
  const key = keyId === undefined ? undefined : keyForWriting(ctx, keyId, arn, action);
  const description = input.Description ?? before?.version.description;
  const tags = mergeTags(before?.row.tags ?? {}, input.Tags);
  return ctx.store.transact((tx) => {
    const rowKey = before?.row.key ?? parameterKey(ctx, name);
    const row = findByKey(tx, rowKey, now);
    if (row) dropOldest(tx, row);
    else deleteParameter(tx, rowKey);
    const version = (row?.version ?? 0) + 1;
    const kept = row ?? { account: ctx.account, region: ctx.region, key: rowKey, arn, name };
    write(
      ctx,
      tx,
      { ...kept, version, policies, tags },
      {
        type,
        dataType: input.DataType ?? before?.version.dataType ?? 'text',
        tier,
        ...(keyId !== undefined && { keyId }),
        ...(description && { description }),
        ...(allowedPattern && { allowedPattern }),
      },
      value,
      key,
    );
    return { Version: version, Tier: tier };
  });
};
