import type { GetParameterCommandInput, GetParameterCommandOutput } from '@aws-sdk/client-ssm';
import type { SsmOperation } from '../context.ts';
import { parameterNotFound, versionNotFound } from '../errors.ts';
import { parseName } from '../names.ts';
import { findNamed, selectVersion } from '../parameters.ts';
import { publicParameter } from '../public-parameters.ts';
import { parameterView, publicView } from '../views.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html */
export const GetParameter: SsmOperation<GetParameterCommandInput, GetParameterCommandOutput> = (ctx, input) => {
  const named = parseName(ctx, input.Name!);
  const published = named && named.selector === undefined && publicParameter(ctx.region, named.names[0]!);
  if (published) return { Parameter: publicView(published) };
  const row = findNamed(ctx, named);
  if (!row) throw parameterNotFound(input.Name!);
  const version = selectVersion(ctx.store, row, named!.selector);
  if (!version) throw versionNotFound(named!.selector!.slice(1), row.name);
  return {
    Parameter: parameterView(ctx, row, version, {
      withDecryption: input.WithDecryption,
      selector: named!.selector,
    }),
  };
};
