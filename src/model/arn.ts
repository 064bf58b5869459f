/**
 * ARNs are the ids of everything: branded strings, made only here. Account and region are part of each. Formats follow
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html (the long, 2018 format).
 */
export type Arn<Kind extends string> = string & { readonly __arn: Kind };
export type ClusterArn = Arn<'cluster'>;
export type TaskDefinitionArn = Arn<'task-definition'>;
export type TaskArn = Arn<'task'>;
export type ContainerArn = Arn<'container'>;
export type ServiceArn = Arn<'service'>;
export type TaskSetArn = Arn<'task-set'>;
export type ContainerInstanceArn = Arn<'container-instance'>;
export type CapacityProviderArn = Arn<'capacity-provider'>;
export type ServiceDeploymentArn = Arn<'service-deployment'>;
export type ServiceRevisionArn = Arn<'service-revision'>;
export type DaemonArn = Arn<'daemon'>;
export type DaemonDeploymentArn = Arn<'daemon-deployment'>;
export type DaemonRevisionArn = Arn<'daemon-revision'>;

/** Where a resource lives. `account` is 12 digits, `region` as in a credential scope (`us-east-1`). */
export interface Scope {
  readonly account: string;
  readonly region: string;
}

export const scopeKey = (scope: Scope): string => `${scope.account}/${scope.region}`;

export interface ParsedArn extends Scope {
  readonly partition: string;
  readonly service: string;
  /** Everything after the fifth colon, e.g. `task/default/0123…`. */
  readonly resource: string;
}

/**
 * Undefined for what is no ARN, and for one whose partition is not its region's: that names nothing, and must not be read
 * as another spelling of an ARN that policies know.
 */
export function parseArn(text: string): ParsedArn | undefined {
  const parts = text.split(':');
  if (parts.length < 6 || parts[0] !== 'arn') return undefined;
  const [, partition, service, region, account, ...rest] = parts;
  if (!partition || !service || (region && partition !== partitionOf(region))) return undefined;
  return { partition, service, region: region ?? '', account: account ?? '', resource: rest.join(':') };
}

/** The partition a region belongs to; it is the second word of every ARN. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return 'aws';
}

function ecsArn<K extends string>(scope: Scope, resource: string): Arn<K> {
  return `arn:${partitionOf(scope.region)}:ecs:${scope.region}:${scope.account}:${resource}` as Arn<K>;
}

export const clusterArn = (scope: Scope, name: string): ClusterArn => ecsArn(scope, `cluster/${name}`);
export const taskDefinitionArn = (scope: Scope, family: string, revision: number): TaskDefinitionArn =>
  ecsArn(scope, `task-definition/${family}:${revision}`);
export const taskArn = (scope: Scope, clusterName: string, id: string): TaskArn =>
  ecsArn(scope, `task/${clusterName}/${id}`);
export const containerArn = (scope: Scope, clusterName: string, taskId: string, id: string): ContainerArn =>
  ecsArn(scope, `container/${clusterName}/${taskId}/${id}`);
export const serviceArn = (scope: Scope, clusterName: string, name: string): ServiceArn =>
  ecsArn(scope, `service/${clusterName}/${name}`);
/** `id`: `ecs-svc/<19 digits>`. */
export const taskSetArn = (scope: Scope, clusterName: string, serviceName: string, id: string): TaskSetArn =>
  ecsArn(scope, `task-set/${clusterName}/${serviceName}/${id}`);
export const containerInstanceArn = (scope: Scope, clusterName: string, id: string): ContainerInstanceArn =>
  ecsArn(scope, `container-instance/${clusterName}/${id}`);

/** `id`: 21 characters, see `serviceDeploymentId`. */
export const serviceDeploymentArn = (
  scope: Scope,
  clusterName: string,
  service: string,
  id: string,
): ServiceDeploymentArn => ecsArn(scope, `service-deployment/${clusterName}/${service}/${id}`);
/** `id`: 19 digits. */
export const serviceRevisionArn = (
  scope: Scope,
  clusterName: string,
  service: string,
  id: string,
): ServiceRevisionArn => ecsArn(scope, `service-revision/${clusterName}/${service}/${id}`);

export const capacityProviderArn = (scope: Scope, name: string): CapacityProviderArn =>
  ecsArn(scope, `capacity-provider/${name}`);

export const daemonArn = (scope: Scope, clusterName: string, name: string): DaemonArn =>
  ecsArn(scope, `daemon/${clusterName}/${name}`);
/** `id`: 21 characters, see `serviceDeploymentId`. */
export const daemonDeploymentArn = (scope: Scope, clusterName: string, name: string, id: string): DaemonDeploymentArn =>
  ecsArn(scope, `daemon-deployment/${clusterName}/${name}/${id}`);
/** `id`: 19 digits. */
export const daemonRevisionArn = (scope: Scope, clusterName: string, name: string, id: string): DaemonRevisionArn =>
  ecsArn(scope, `daemon-revision/${clusterName}/${name}/${id}`);
/** A task definition of its own kind, in families of its own. */
export const daemonTaskDefinitionArn = (scope: Scope, family: string, revision: number): TaskDefinitionArn =>
  ecsArn(scope, `daemon-task-definition/${family}:${revision}`);

/** The scope that an ARN of ours names. */
export function scopeOf(arn: string): Scope {
  const parsed = parseArn(arn);
  if (!parsed) throw new Error(`not an ARN: ${arn}`);
  return { account: parsed.account, region: parsed.region };
}

/** The last segment of an ARN's resource: a task's id, a cluster's or service's name, `family:revision`. */
export function lastSegment(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** The family that a task definition's ARN names. */
export function familyOf(arn: string): string {
  const text = lastSegment(arn);
  return text.slice(0, text.lastIndexOf(':'));
}
