/** ARNs to daemons and daemon task definitions of one account and region. */
import { daemonTaskDefinitionArn, parseArn, type Scope, scopeKey } from '#model/arn.ts';
import type { DaemonRow } from '#model/daemon.ts';
import type { TaskDefinitionRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { daemons, daemonTaskDefinitionFamilies, taskDefinitions } from '#store/tables/ecs.ts';
import { clientException, daemonNotActive, daemonNotFound, invalidParameter } from './errors.ts';

/** The daemon, or DaemonNotFoundException. */
export function requireDaemon(view: View, scope: Scope, arn: string | undefined): DaemonRow {
  if (!arn) throw invalidParameter('DaemonArn can not be blank.');
  const parsed = parseArn(arn);
  if (parsed?.service !== 'ecs' || !/^daemon\/[^/]+\/[^/]+$/.test(parsed.resource)) {
    throw invalidParameter('Invalid identifier: Identifier is for an unexpected resource type.');
  }
  const row = view.get(daemons, arn);
  if (!row || row.account !== scope.account || row.region !== scope.region) throw daemonNotFound();
  return row;
}

/** As requireDaemon, or DaemonNotActiveException while it is being deleted. */
export function requireActiveDaemon(view: View, scope: Scope, arn: string | undefined): DaemonRow {
  const row = requireDaemon(view, scope, arn);
  if (row.status !== 'ACTIVE') throw daemonNotActive();
  return row;
}

const kind = 'daemon-task-definition/';

function shortName(scope: Scope, text: string): string | undefined {
  if (!text.startsWith('arn:')) return text;
  const arn = parseArn(text);
  if (arn?.service !== 'ecs' || !arn.resource.startsWith(kind)) {
    throw invalidParameter('Invalid identifier: Identifier is for an unexpected resource type.');
  }
  return arn.account === scope.account && arn.region === scope.region ? arn.resource.slice(kind.length) : undefined;
}

function newestActive(view: View, scope: Scope, family: string): TaskDefinitionRow | undefined {
  const last = view.get(daemonTaskDefinitionFamilies, `${scopeKey(scope)}/${family}`)?.lastRevision ?? 0;
  for (let revision = last; revision > 0; revision--) {
    const row = view.get(taskDefinitions, daemonTaskDefinitionArn(scope, family, revision));
    if (row?.status === 'ACTIVE') return row;
  }
  return undefined;
}

/** `family` (its newest ACTIVE revision), `family:revision` or an ARN. */
export function requireDaemonTaskDefinition(view: View, scope: Scope, text: string | undefined): TaskDefinitionRow {
  if (!text) throw clientException('DaemonTaskDefinition can not be blank.');
  const [family, revision, ...rest] = shortName(scope, text)?.split(':') ?? [];
  if (rest.length > 0) throw invalidParameter(`Invalid daemon task definition: ${text}`);
  if (revision !== undefined && !/^[1-9]\d*$/.test(revision)) {
    throw clientException(`Invalid revision number. Number: ${revision}`);
  }
  const row = !family
    ? undefined
    : revision === undefined
      ? newestActive(view, scope, family)
      : view.get(taskDefinitions, daemonTaskDefinitionArn(scope, family, Number(revision)));
  if (!row) throw clientException('Unable to describe daemon task definition.');
  return row;
}
