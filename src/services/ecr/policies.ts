/** Repository and registry policies, merged when they are asked. */
import type { Scope } from '#model/arn.ts';
import type { RepositoryRow } from '#model/ecr.ts';
import type { ResourcePolicy } from '#protocol/authorize.ts';
import type { View } from '#store/store.ts';
import { findRegistry } from './resolve.ts';

const statementsOf = (document: string): unknown[] => [JSON.parse(document).Statement].flat();

const registryActions: readonly string[] = [
  'ecr:BatchImportUpstreamImage',
  'ecr:CreateRepository',
  'ecr:ReplicateImage',
];

/** A registry's policy speaks of all actions, of a few only where its scope was set back to V1. */
function registryPolicy(view: View, scope: Scope, action: string): string | undefined {
  const { policyText, settings } = findRegistry(view, scope);
  const speaks = settings?.REGISTRY_POLICY_SCOPE !== 'V1' || registryActions.includes(action);
  return speaks ? policyText : undefined;
}

/** What is asked of a repository: its own policy and its registry's. */
export function policyOf(
  view: View,
  scope: Scope,
  repository: Pick<RepositoryRow, 'policyText'> | undefined,
  action: string,
): ResourcePolicy | undefined {
  const registryText = registryPolicy(view, scope, action);
  const repositoryText = repository?.policyText;
  if (repositoryText === undefined) {
    return registryText === undefined ? undefined : { name: 'registry policy', document: registryText };
  }
  if (registryText === undefined) return { name: 'repository policy', document: repositoryText };
  const Statement = [...statementsOf(repositoryText), ...statementsOf(registryText)];
  return { name: 'repository policy', document: JSON.stringify({ Version: '2012-10-17', Statement }) };
}
