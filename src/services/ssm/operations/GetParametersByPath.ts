import type { GetParametersByPathCommandInput, GetParametersByPathCommandOutput } from '@aws-sdk/client-ssm';
import { scopeKey } from '#model/arn.ts';
import type { ParameterRow, ParameterVersionRow } from '#model/ssm.ts';
import { parameters } from '#store/tables/secrets.ts';
import type { SsmContext, SsmOperation } from '../context.ts';
import { validation } from '../errors.ts';
import { compileFilters, type Matches } from '../filters.ts';
import { isPath, isUnder, parameterKey, pathRequirements } from '../names.ts';
import { page } from '../pages.ts';
import { currentVersion, versionsOf } from '../parameters.ts';
import { isExpired } from '../policies.ts';
import { publicParameters } from '../public-parameters.ts';
import { parameterView, publicView } from '../views.ts';

const MAX_RESULTS = 10;

interface Found {
  readonly row: ParameterRow;
  readonly version: ParameterVersionRow;
}

/** A filter by label finds the labelled version, which need not be the newest. */
function versionFor(ctx: SsmContext, row: ParameterRow, byLabel: boolean, matches: Matches) {
  const candidates = byLabel ? versionsOf(ctx.store, row) : [currentVersion(ctx.store, row)];
  for (const version of candidates) if (matches(row, version)) return version;
  return undefined;
}

function* under(
  ctx: SsmContext,
  input: GetParametersByPathCommandInput,
  matches: Matches,
  after: string | undefined,
): Generator<Found> {
  const byLabel = input.ParameterFilters?.some(({ Key }) => Key === 'Label') ?? false;
  const path = input.Path!;
  const prefix = parameterKey(ctx, path === '/' ? '' : path);
  for (const row of ctx.store.find(parameters, 'byScope', scopeKey(ctx), after ?? prefix)) {
    if (!row.key.startsWith(prefix)) return;
    if (isExpired(row, ctx.clock.now()) || !isUnder(row.name, path, input.Recursive ?? false)) continue;
    const version = versionFor(ctx, row, byLabel, matches);
    if (version) yield { row, version };
  }
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html */
export const GetParametersByPath: SsmOperation<GetParametersByPathCommandInput, GetParametersByPathCommandOutput> = (
  ctx,
  input,
) => {
  const path = input.Path!;
  if (!isPath(path)) throw validation(pathRequirements);
  const matches = compileFilters(input.ParameterFilters, 'path');
  if (path.startsWith('/aws/')) {
    const published = publicParameters(ctx.region).filter(({ name }) => isUnder(name, path, input.Recursive ?? false));
    const { rows, ...rest } = page(
      input,
      MAX_RESULTS,
      (after) => published.filter(({ name }) => after === undefined || name > after),
      ({ name }) => name,
    );
    return { Parameters: rows.map(publicView), ...rest };
  }
  const { rows, ...rest } = page(
    input,
    MAX_RESULTS,
    (after) => under(ctx, input, matches, after),
    ({ row }) => row.key,
  );
  return {
    Parameters: rows.map(({ row, version }) =>
      parameterView(ctx, row, version, { withDecryption: input.WithDecryption }),
    ),
    ...rest,
  };
};
