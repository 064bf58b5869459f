import type {
  Attribute,
  RegisterContainerInstanceCommandInput,
  RegisterContainerInstanceCommandOutput,
} from '@aws-sdk/client-ecs';
import { sourceInstanceKey, speaksFor } from '#auth/instances.ts';
import { hexId } from '#lib/ids.ts';
import { type ContainerInstanceArn, containerInstanceArn, lastSegment } from '#model/arn.ts';
import type { ClusterRow, ContainerInstanceRow } from '#model/rows.ts';
import type { Tx } from '#store/store.ts';
import { clusters, containerInstances, daemons } from '#store/tables/ecs.ts';
import { rememberToken, tokenResult } from '../client-tokens.ts';
import type { EcsContext, EcsOperation } from '../context.ts';
import { clientException, invalidParameter } from '../errors.ts';
import { enforceQuota } from '../quotas.ts';
import { toClusterArn } from '../resolve.ts';
import { mergeTags, newTags } from '../tags.ts';
import { checkAttributeName, checkEniLimit, isReserved } from '../validate/attributes.ts';
import { checkInstanceProvider, providerAttribute } from '../validate/daemon.ts';
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
    checkEniLimit(attribute);
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

/** The machine whose role session calls, if an instance of ours does: it cannot register as another. */
function callingInstance(ctx: EcsContext, identity: IdentityDocument): string | undefined {
  const source = ctx.principal.session?.keys?.[sourceInstanceKey];
  const caller = source && lastSegment(source);
  if (caller && identity.instanceId && identity.instanceId !== caller) {
    throw clientException('The instance identity document is not that of the calling instance.');
  }
  return caller;
}

function newInstanceId(ctx: EcsContext, identity: IdentityDocument, caller: string | undefined): string {
  return caller ?? identity.instanceId ?? `mi-${hexId(ctx.random, 9).slice(0, 17)}`;
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

/** The capacity provider that the instance says it belongs to. */
function providerOf(tx: Tx, cluster: ClusterRow, given: readonly Attribute[], known: string | undefined) {
  const name = given.find((attribute) => attribute.name === providerAttribute)?.value;
  if (name === undefined || name === known) return known;
  return checkInstanceProvider(tx, cluster, name);
}

/** Other tasks come after those of critical daemons. */
function waitsForDaemons(tx: Tx, cluster: ClusterRow, provider: string | undefined): boolean {
  if (provider === undefined) return false;
  for (const row of tx.find(daemons, 'byCluster', cluster.arn)) {
    if (row.critical && row.status === 'ACTIVE' && row.capacityProviders.includes(provider)) return true;
  }
  return false;
}

function register(tx: Tx, ctx: EcsContext, cluster: ClusterRow, input: Input): ContainerInstanceRow {
  const identity = parseIdentity(input.instanceIdentityDocument);
  const caller = callingInstance(ctx, identity);
  const registeredResources = checkResources(input.totalResources, input.platformDevices);
  const given = givenAttributes([...identityAttributes(identity), ...(input.attributes ?? [])]);
  const now = ctx.clock.now();
  const zoneGiven = given.find(({ name }) => name === 'ecs.availability-zone')?.value ?? identity.availabilityZone;
  if (input.containerInstanceArn) {
    const row = knownInstance(tx, ctx, cluster, input.containerInstanceArn);
    if (!speaksFor(ctx.principal, row.ec2InstanceId)) {
      throw clientException('The referenced container instance is that of another instance.');
    }
    const capacityProviderName = providerOf(tx, cluster, given, row.capacityProviderName);
    const availabilityZone = zoneGiven ?? row.availabilityZone;
    return tx.put(containerInstances, {
      ...row,
      registeredResources,
      attributes: withZone(mergeAttributes(row.attributes, given), availabilityZone),
      availabilityZone,
      versionInfo: { ...row.versionInfo, ...input.versionInfo },
      ...(capacityProviderName !== undefined && { capacityProviderName }),
      tags: mergeTags(row.tags, input.tags),
      version: row.version + 1,
    });
  }
  const registered = tx.sum(containerInstances, 'byCluster', cluster.arn)['registered']!;
  enforceQuota(ctx, 'container-instances-per-cluster', registered + 1);
  const availabilityZone = zoneGiven ?? `${ctx.region}a`;
  const capacityProviderName = providerOf(tx, cluster, given, undefined);
  return tx.insert(containerInstances, {
    account: ctx.account,
    region: ctx.region,
    arn: containerInstanceArn(ctx, cluster.name, hexId(ctx.random)),
    clusterArn: cluster.arn,
    ec2InstanceId: newInstanceId(ctx, identity, caller),
    status: waitsForDaemons(tx, cluster, capacityProviderName) ? 'REGISTERING' : 'ACTIVE',
    ...(capacityProviderName !== undefined && { capacityProviderName }),
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
