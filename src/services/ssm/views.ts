/** Rows as Parameter Store answers them. */
import type { Parameter, ParameterHistory, ParameterMetadata } from '@aws-sdk/client-ssm';
import type { ParameterRow, ParameterVersionRow } from '#model/ssm.ts';
import type { SsmContext } from './context.ts';
import { policyView } from './policies.ts';
import { type PublicParameter, publicParametersModifiedAt } from './public-parameters.ts';
import { shownValue } from './values.ts';

export function parameterView(
  ctx: SsmContext,
  row: ParameterRow,
  version: ParameterVersionRow,
  shown: { readonly withDecryption: boolean | undefined; readonly selector?: string | undefined },
): Parameter {
  return {
    Name: row.name,
    Type: version.type,
    Value: shownValue(ctx, version, row.arn, shown.withDecryption),
    Version: version.version,
    ...(shown.selector !== undefined && { Selector: shown.selector }),
    LastModifiedDate: new Date(version.modifiedAt),
    ARN: row.arn,
    DataType: version.dataType,
  };
}

export const publicView = (parameter: PublicParameter): Parameter => ({
  Name: parameter.name,
  Type: 'String',
  Value: parameter.value,
  Version: 1,
  LastModifiedDate: new Date(publicParametersModifiedAt),
  ARN: parameter.arn,
  DataType: parameter.dataType,
});

const common = (row: ParameterRow, version: ParameterVersionRow) => ({
  Name: row.name,
  Type: version.type,
  ...(version.keyId !== undefined && { KeyId: version.keyId }),
  LastModifiedDate: new Date(version.modifiedAt),
  LastModifiedUser: version.modifiedBy,
  ...(version.description !== undefined && { Description: version.description }),
  ...(version.allowedPattern !== undefined && { AllowedPattern: version.allowedPattern }),
  Version: version.version,
  Tier: version.tier,
  DataType: version.dataType,
  Policies: version.version === row.version ? row.policies.map(policyView) : [],
});

export const metadataView = (row: ParameterRow, version: ParameterVersionRow): ParameterMetadata => ({
  ...common(row, version),
  ARN: row.arn,
});

export const historyView = (
  ctx: SsmContext,
  row: ParameterRow,
  version: ParameterVersionRow,
  withDecryption: boolean | undefined,
): ParameterHistory => ({
  ...common(row, version),
  Value: shownValue(ctx, version, row.arn, withDecryption),
  Labels: [...version.labels],
});
