import type { UnlabelParameterVersionCommandInput, UnlabelParameterVersionCommandOutput } from '@aws-sdk/client-ssm';
import { parameterVersions } from '#store/tables/secrets.ts';
import type { SsmOperation } from '../context.ts';
import { versionNotFound } from '../errors.ts';
import { checkLabels } from '../labels.ts';
import { resolveParameter, versionKey } from '../parameters.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UnlabelParameterVersion.html */
export const UnlabelParameterVersion: SsmOperation<
  UnlabelParameterVersionCommandInput,
  UnlabelParameterVersionCommandOutput
> = (ctx, input) => {
  checkLabels(input.Labels!);
  const row = resolveParameter(ctx, input.Name!);
  const version = ctx.store.get(parameterVersions, versionKey(row.key, input.ParameterVersion!));
  if (!version) throw versionNotFound(input.ParameterVersion!, row.name);
  const removed = input.Labels!.filter((label) => version.labels.includes(label));
  const labels = version.labels.filter((label) => !removed.includes(label));
  ctx.store.transact((tx) => tx.put(parameterVersions, { ...version, labels }));
  return { RemovedLabels: removed, InvalidLabels: input.Labels!.filter((label) => !removed.includes(label)) };
};
