/** What the operations of managed daemons need. */
import { daemonTaskDefinitionArn, type Scope } from '#model/arn.ts';
import type { TaskDefinitionRow } from '#model/rows.ts';
import type { Permission, Permissions } from '#protocol/authorize.ts';
import type { EcsContext } from '../context.ts';
import { requireDaemonTaskDefinition } from '../resolve-daemon.ts';
import { definitionKeys, launchKeys } from './keys.ts';
import { passTaskRoles } from './pass-role.ts';
import { orNothing, tagsOf, toCluster, toInCluster } from './resources.ts';

// biome-ignore lint/suspicious/noExplicitAny: inputs as clients send them, before they are checked
type Input = any;
type Needs = Permissions<Input, EcsContext>;

interface Tools {
  /** The operation's own action on a resource. */
  readonly on: (
    ctx: EcsContext,
    resource: string,
    keys?: Permission['keys'],
    requestTags?: Record<string, string>,
  ) => Permission;
  readonly tagging: (ctx: EcsContext, resource: string, tags: unknown) => Permission[];
}

/** The definition that a request means, as the operations find it. */
const definitionOf = (ctx: EcsContext, given: unknown): TaskDefinitionRow | undefined =>
  orNothing(() => requireDaemonTaskDefinition(ctx.store, ctx, typeof given === 'string' ? given : undefined));

function toDefinition(scope: Scope, row: TaskDefinitionRow | undefined, given: unknown): string {
  if (row) return row.arn;
  const text = typeof given === 'string' ? given : '';
  if (text.startsWith('arn:')) return text;
  const [family = '', revision = '*'] = text.split(':');
  return daemonTaskDefinitionArn(scope, family, 0).replace(/0$/, revision);
}

/** Of CreateDaemon and UpdateDaemon, and the roles of what the daemon runs. */
function daemonKeys(ctx: EcsContext, input: Input) {
  const definition = definitionOf(ctx, input.daemonTaskDefinitionArn);
  const definitionArn = toDefinition(ctx, definition, input.daemonTaskDefinitionArn);
  const {
    'ecs:enable-ebs-volumes': _,
    'ecs:auto-assign-public-ip': __,
    'ecs:subnet': ___,
    ...launch
  } = launchKeys(input, definition);
  const providers = Array.isArray(input.capacityProviderArns) ? input.capacityProviderArns.map(String) : undefined;
  return {
    definition,
    keys: { ...launch, 'ecs:capacity-provider': providers, 'ecs:daemon-task-definition': definitionArn },
  };
}

export function daemonPermissions({ on, tagging }: Tools): Readonly<Record<string, Needs>> {
  const onDaemon: Needs = (ctx, input) => on(ctx, toInCluster(ctx, 'daemon', undefined, input.daemonArn));
  const onDefinition: Needs = (ctx, { daemonTaskDefinition: given }) =>
    on(ctx, toDefinition(ctx, definitionOf(ctx, given), given));
  /** A deployment or revision, and the daemon that it is of. */
  const onDaemonAnd =
    (member: string): Needs =>
    (ctx, input) => {
      const given: unknown[] = Array.isArray(input[member]) ? input[member] : [input[member]];
      return given.map(String).flatMap((arn) => {
        const daemon = arn.replace(/:daemon-(deployment|revision)\//, ':daemon/').replace(/\/[^/]*$/, '');
        const keys = { 'ecs:daemon': daemon };
        return [on(ctx, arn, keys), on(ctx, daemon, keys)];
      });
    };
  return {
    CreateDaemon: (ctx, input) => {
      const cluster = toCluster(ctx, input.clusterArn);
      const resource = toInCluster(ctx, 'daemon', cluster, input.daemonName);
      const { definition, keys } = daemonKeys(ctx, input);
      return [
        on(ctx, resource, { ...keys, 'ecs:cluster': cluster }, tagsOf(input.tags)),
        ...tagging(ctx, resource, input.tags),
        ...passTaskRoles(ctx, definition),
      ];
    },
    DeleteDaemon: onDaemon,
    DeleteDaemonTaskDefinition: onDefinition,
    DescribeDaemon: onDaemon,
    DescribeDaemonDeployments: onDaemonAnd('daemonDeploymentArns'),
    DescribeDaemonRevisions: onDaemonAnd('daemonRevisionArns'),
    DescribeDaemonTaskDefinition: onDefinition,
    ListDaemonDeployments: onDaemon,
    ListDaemonTaskDefinitions: (ctx) => on(ctx, '*'),
    ListDaemons: (ctx, input) => on(ctx, '*', { 'ecs:cluster': toCluster(ctx, input.clusterArn) }),
    RegisterDaemonTaskDefinition: (ctx, input) => {
      const resource = toDefinition(ctx, undefined, String(input.family ?? '').split(':', 1)[0]);
      const { 'ecs:compute-compatibility': _, ...keys } = definitionKeys(input);
      return [
        on(ctx, resource, keys, tagsOf(input.tags)),
        ...tagging(ctx, resource, input.tags),
        ...passTaskRoles(ctx, input),
      ];
    },
    UpdateDaemon: (ctx, input) => {
      const { definition, keys } = daemonKeys(ctx, input);
      const resource = toInCluster(ctx, 'daemon', undefined, input.daemonArn);
      return [on(ctx, resource, keys), ...passTaskRoles(ctx, definition)];
    },
  };
}
