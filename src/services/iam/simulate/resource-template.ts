/** How the simulator names "any resource of the action's kind": `arn:aws:ecs:${Region}:${Account}:cluster/${ClusterName}`. */
import { ecr } from '#policy/actions/ecr.ts';
import { ecrPublic } from '#policy/actions/ecr-public.ts';
import { ecs } from '#policy/actions/ecs.ts';
import { iam } from '#policy/actions/iam.ts';
import { kms } from '#policy/actions/kms.ts';
import { logs } from '#policy/actions/logs.ts';
import { secretsmanager } from '#policy/actions/secretsmanager.ts';
import { ssm } from '#policy/actions/ssm.ts';
import { sts } from '#policy/actions/sts.ts';
import { resourceTypesOf } from '#policy/actions/table.ts';

const tables = new Map(
  [ecr, ecrPublic, ecs, iam, kms, logs, secretsmanager, ssm, sts].map((table) => [table.prefix, table]),
);

/** `*` for actions that know no resource, or that are not known here. */
export function resourceTemplate(action: string): string {
  const [prefix = '', name = ''] = action.split(':');
  const table = tables.get(prefix.toLowerCase());
  const entry = Object.entries(table?.actions ?? {}).find(([one]) => one.toLowerCase() === name.toLowerCase());
  const [type] = entry ? resourceTypesOf(entry[1]) : [];
  const arn = type && table!.resources[type.name]?.arn;
  return arn ? arn.replace('{Partition}', 'aws').replace(/\{(\w+)\}/g, (_, word) => `\${${word}}`) : '*';
}
