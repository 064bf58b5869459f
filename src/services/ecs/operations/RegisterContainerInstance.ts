import type {
  Attribute,
  RegisterContainerInstanceCommandInput,
  RegisterContainerInstanceCommandOutput,
} from '@aws-sdk/client-ecs';
import { hexId } from '#lib/ids.ts';
import { type ContainerInstanceArn, containerInstanceArn } from '#model/arn.ts';
import type { ClusterRow, ContainerInstanceRow } from '#model/rows.ts';
import type { Tx } from '#store/store.ts';
import { clusters, containerInstances } from '#store/tables.ts';
import { rememberToken, tokenResult } from '../client-tokens.ts';
import type { EcsContext, EcsOperation } from '../context.ts';
import { clientException, invalidParameter } from '../errors.ts';
import { toClusterArn } from '../resolve.ts';
import { mergeTags, newTags } from '../tags.ts';
import { checkAttributeName, isReserved } from '../validate/attributes.ts';
import { checkResources } from '../validate/resources.ts';
import { viewContainerInstance } from '../views/container-instance.ts';

/** As agents send it: the public shape has no clientToken. */
type Input = RegisterContainerInstanceCommandInput & { readonly clientToken?: string };

interface IdentityDocument {
  readonly instanceId?: string;
  readonly availabilityZone?: string;
  readonly instanceType?: string;
  readonly imageId?: string;
  readonly architecture?: string;
}

function parseIdentity(text: string | undefined): IdentityDocument {
  if (!text) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) {
      const strings = Object.entries(parsed).filter(([, value]) => typeof value === 'string');
      return Object.fromEntries(strings) as IdentityDocument;
    }
  } catch {
    // not JSON: refused below like every other text that is no document
  }
  throw clientException('The instance identity document is not valid.');
}

const identityAttributes = (identity: IdentityDocument): Attribute[] =>
  [
    { name: 'ecs.ami-id', value: identity.imageId },
    { name: 'ecs.instance-type', value: identity.instanceType },
    { name: 'ecs.cpu-architecture', value: identity.architecture },
  ].filter((attribute) => attribute.value !== undefined);

/** Agents' attributes as given: names checked, an absent value stays absent, the last of a name wins. */
function givenAttributes(attributes: readonly Attribute[] | undefined): Attribute[] {
  const byName = new Map<string, Attribute>();
  for (const attribute of attributes ?? []) {
    const name = checkAttributeName(attribute.name);
    byName.set(name, { name, ...(attribute.value ? { value: attribute.value } : {}) });
  }
  return [...byName.values()];
}

/** Zone: the agent's own attribute, else its identity document, else the region's first. */
function withZone(attributes: readonly Attribute[], zone: string): Attribute[] {
  return [
    ...attributes.filter(({ name }) => name !== 'ecs.availability-zone'),
    { name: 'ecs.availability-zone', value: zone },
  ];
}

/**
 * Attributes after a registration of an instance that is known: what users put stays, what the agent sends now takes the
 * place of what it sent before, so capabilities that it has lost go away.
 */
function mergeAttributes(before: readonly Attribute[], now: readonly Attribute[]): Attribute[] {
  const sent = new Set(now.map(({ name }) => name));
  const kept = before.filter(({ name }) => !sent.has(name) && !isReserved(name!));
  return [...kept, ...now];
}

function newInstanceId(ctx: EcsContext, identity: IdentityDocument): string {
  return identity.instanceId ?? `mi-${hexId(ctx.random, 9).slice(0, 17)}`;
}

function knownInstance(tx: Tx, ctx: EcsContext, cluster: ClusterRow, arn: string): ContainerInstanceRow {
  const row = tx.get(containerInstances, arn);
  if (!row || row.account !== ctx.account || row.region !== ctx.region || row.status === 'INACTIVE') {
    throw clientException('The referenced container instance is not active.');
  }
  if (row.clusterArn !== cluster.arn) {
    throw clientException('The referenced container instance is registered to another cluster.');
  }
  return row;
}

function register(tx: Tx, ctx: EcsContext, cluster: ClusterRow, input: Input): ContainerInstanceRow {
  const identity = parseIdentity(input.instanceIdentityDocument);
  const registeredResources = checkResources(input.totalResources, input.platformDevices);
  const given = givenAttributes([...identityAttributes(identity), ...(input.attributes ?? [])]);
  const now = ctx.clock.now();
  const zoneGiven = given.find(({ name }) => name === 'ecs.availability-zone')?.value ?? identity.availabilityZone;
  if (input.containerInstanceArn) {
    const row = knownInstance(tx, ctx, cluster, input.containerInstanceArn);
    const availabilityZone = zoneGiven ?? row.availabilityZone;
    return tx.put(containerInstances, {
      ...row,
      registeredResources,
      attributes: withZone(mergeAttributes(row.attributes, given), availabilityZone),
      availabilityZone,
      versionInfo: { ...row.versionInfo, ...input.versionInfo },
      tags: mergeTags(row.tags, input.tags),
      version: row.version + 1,
    });
  }
  const availabilityZone = zoneGiven ?? `${ctx.region}a`;
  return tx.insert(containerInstances, {
    account: ctx.account,
    region: ctx.region,
    arn: containerInstanceArn(ctx, cluster.name, hexId(ctx.random)),
    clusterArn: cluster.arn,
    ec2InstanceId: newInstanceId(ctx, identity),
    status: 'ACTIVE',
    agentConnected: false,
    agentConnectionChangedAt: now,
    registeredAt: now,
    version: 1,
    versionInfo: { ...input.versionInfo },
    registeredResources,
    attributes: withZone(given, availabilityZone),
    availabilityZone,
    attachments: [],
    lastSequence: 0,
    tags: newTags(input.tags),
  });
}

/**
 * Called by agents only. A missing cluster is a ClientException with the words that agents look for. With the ARN of an
 * instance that is registered already, its tasks, custom attributes and status stay as they are.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterContainerInstance.html
 */
export const RegisterContainerInstance: EcsOperation<Input, RegisterContainerInstanceCommandOutput> = (ctx, input) => {
  const cluster = ctx.store.get(clusters, toClusterArn(ctx, input.cluster));
  if (cluster?.status !== 'ACTIVE' || cluster.account !== ctx.account || cluster.region !== ctx.region) {
    throw clientException('Cluster not found.');
  }
  const { clientToken: token, ...request } = input;
  if (token !== undefined && token.length > 64)
    throw invalidParameter('clientToken can not be longer than 64 characters.');
  const operation = 'RegisterContainerInstance';
  const row = ctx.store.transact((tx) => {
    const made = token ? tokenResult(tx, ctx, operation, token, request)?.[0] : undefined;
    const existing = made && tx.get(containerInstances, made as ContainerInstanceArn);
    if (existing && existing.status !== 'INACTIVE') return existing;
    const registered = register(tx, ctx, cluster, input);
    if (token) {
      const use = { operation, token, request, resourceArns: [registered.arn], nowMs: ctx.clock.now() };
      rememberToken(tx, ctx, use);
    }
    return registered;
  });
  return { containerInstance: viewContainerInstance(ctx.store, row, new Set(['TAGS'])) };
};
