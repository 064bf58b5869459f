import type {
  PutReplicationConfigurationCommandInput,
  PutReplicationConfigurationCommandOutput,
  ReplicationRule as WireRule,
} from '@aws-sdk/client-ecr';
import { invalidAt } from '#images/api/errors.ts';
import { checkCount, checkOneOf, checkPattern } from '#images/api/validate.ts';
import type { Scope } from '#model/arn.ts';
import type { ReplicationRule } from '#model/ecr-registry.ts';
import type { EcrOperation } from '../context.ts';
import { updateRegistry } from '../resolve.ts';
import { makeServiceRole, requireServiceRole } from '../service-role.ts';
import { viewReplication } from '../views/registry.ts';

const maxRules = 10;
const maxDestinations = 25;
const maxFilters = 100;
const replicationService = 'replication.ecr.amazonaws.com';
const at = 'replicationConfiguration';

function toRule(scope: Scope, rule: WireRule, where: string): ReplicationRule {
  const given = rule.destinations ?? [];
  checkCount(`${where}.destinations`, given, 0, maxDestinations);
  const destinations = given.map(({ region = '', registryId = '' }, index) => {
    checkPattern(`${where}.destinations.${index + 1}.member.region`, region, '[0-9a-z-]{2,25}');
    checkPattern(`${where}.destinations.${index + 1}.member.registryId`, registryId, '[0-9]{12}');
    if (region === scope.region && registryId === scope.account) {
      throw invalidAt(at, 'Replication destination cannot be the same as the source registry');
    }
    return { region, registryId };
  });
  if (!rule.repositoryFilters) return { destinations };
  checkCount(`${where}.repositoryFilters`, rule.repositoryFilters, 1, maxFilters);
  const repositoryFilters = rule.repositoryFilters.map(({ filter = '', filterType = '' as string }, index) => {
    const path = `${where}.repositoryFilters.${index + 1}.member`;
    checkPattern(`${path}.filter`, filter, '[a-z0-9._/-]{2,256}');
    return { filter, filterType: checkOneOf(`${path}.filterType`, filterType, ['PREFIX_MATCH']) };
  });
  return { destinations, repositoryFilters };
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutReplicationConfiguration.html */
export const PutReplicationConfiguration: EcrOperation<
  PutReplicationConfigurationCommandInput,
  PutReplicationConfigurationCommandOutput
> = (ctx, input) => {
  const given = input.replicationConfiguration!.rules ?? [];
  checkCount(`${at}.rules`, given, 0, maxRules);
  const replicationRules = given.map((rule, index) => toRule(ctx, rule, `${at}.rules.${index + 1}.member`));
  const all = replicationRules.flatMap((rule) => rule.destinations.map((one) => `${one.registryId}/${one.region}`));
  if (new Set(all).size > maxDestinations) {
    throw invalidAt(at, `must have at most ${maxDestinations} unique destinations across all rules`);
  }
  if (replicationRules.length > 0) requireServiceRole(ctx, replicationService);
  const row = ctx.store.transact((tx) => {
    if (replicationRules.length > 0) makeServiceRole(tx, ctx, replicationService);
    return updateRegistry(tx, ctx, (before) => ({ ...before, replicationRules }));
  });
  return { replicationConfiguration: viewReplication(row) };
};
