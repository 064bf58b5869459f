import type { LabelParameterVersionCommandInput, LabelParameterVersionCommandOutput } from '@aws-sdk/client-ssm';
import { parameterVersions } from '#store/tables/secrets.ts';
import type { SsmOperation } from '../context.ts';
import { tooManyLabels, versionNotFound } from '../errors.ts';
import { checkLabels, isLabel } from '../labels.ts';
import { resolveParameter, versionKey, versionsOf } from '../parameters.ts';

const MAX_LABELS = 10;

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_LabelParameterVersion.html. A label moves. */
export const LabelParameterVersion: SsmOperation<
  LabelParameterVersionCommandInput,
  LabelParameterVersionCommandOutput
> = (ctx, input) => {
  checkLabels(input.Labels!);
  const row = resolveParameter(ctx, input.Name!);
  const number = input.ParameterVersion ?? row.version;
  const version = ctx.store.get(parameterVersions, versionKey(row.key, number));
  if (!version) throw versionNotFound(number, row.name);
  const valid = [...new Set(input.Labels!.filter(isLabel))];
  const labels = [...new Set([...version.labels, ...valid])];
  if (labels.length > MAX_LABELS) throw tooManyLabels();
  ctx.store.transact((tx) => {
    for (const other of [...versionsOf(tx, row)]) {
      const kept = other.labels.filter((label) => !valid.includes(label));
      if (kept.length < other.labels.length) tx.put(parameterVersions, { ...other, labels: kept });
    }
    tx.put(parameterVersions, { ...version, labels });
  });
  return { InvalidLabels: input.Labels!.filter((label) => !isLabel(label)), ParameterVersion: number };
};
