/** ARNs to deployments and revisions, of services and of daemons, of one account and region. */
import { parseArn, type Scope } from '#model/arn.ts';
import { invalidParameter } from './errors.ts';

const maxArns = 20;

export type RolloutKind = 'service-deployment' | 'service-revision' | 'daemon-deployment' | 'daemon-revision';

/** InvalidParameterException unless `arn` is one of an ECS resource of that kind. */
export function checkArn(arn: string, kind: RolloutKind): void {
  const parsed = parseArn(arn);
  if (parsed?.service === 'ecs' && new RegExp(`^${kind}/[^/]+/[^/]+/[^/]+$`).test(parsed.resource)) return;
  throw invalidParameter('Invalid identifier: Identifier is for an unexpected resource type.');
}

export const isInScope = (scope: Scope, arn: string): boolean => {
  const parsed = parseArn(arn);
  return parsed?.account === scope.account && parsed.region === scope.region;
};

/** The ARNs of a Describe call, each once: at least one, at most 20. `member` names them in the messages. */
export function checkArns(arns: readonly string[] | undefined, member: string, kind: RolloutKind): string[] {
  if (!arns?.length) throw invalidParameter(`${member} cannot be empty.`);
  if (arns.length > maxArns) throw invalidParameter(`${member} cannot have more than ${maxArns} elements.`);
  for (const arn of arns) checkArn(arn, kind);
  return [...new Set(arns)];
}
