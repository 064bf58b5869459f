/** The agent link alone: a store in memory, the room `acs`, an HTTP server, a fake clock. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Acs, createAcs } from '#acs/acs.ts';
import type { AcsDeps } from '#acs/deps.ts';
import { createSessions, type Sessions } from '#auth/sessions.ts';
import { createTaskRoles, endWithTheirTask } from '#auth/task-roles.ts';
import { createVault } from '#keys/vault.ts';
import { FakeClock, systemClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { seededRandom } from '#lib/random.ts';
import { clusterArn, containerInstanceArn } from '#model/arn.ts';
import type { ContainerInstanceRow } from '#model/rows.ts';
import { createAuthenticate } from '#protocol/authenticate.ts';
import type { Journal } from '#store/journal.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { containerInstances } from '#store/tables/ecs.ts';
import { openRawAgent, type RawAgent } from './raw-agent.ts';

export const scope = { account: '123456789012', region: 'us-east-1' };
export const agentCredentials = { accessKeyId: 'AKIAAGENTAGENTAGENT1', secretAccessKey: 'secret' };
export const strangerCredentials = { accessKeyId: 'AKIASTRANGERSTRANGE1', secretAccessKey: 'other' };

export interface AgentLink {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly endpoint: string;
  readonly instance: ContainerInstanceRow;
  readonly sessions: Sessions;
  acs: Acs;
  /** Ends the room and starts it anew on the same store, as a restart of the control plane does. */
  restart(): Promise<void>;
  connect(kind?: 'acs' | 'tcs', arn?: string): Promise<RawAgent>;
  instanceRow(): ContainerInstanceRow;
  close(): Promise<void>;
}

export function instanceRow(id: string): ContainerInstanceRow {
  return {
    ...scope,
    arn: containerInstanceArn(scope, 'default', id),
    clusterArn: clusterArn(scope, 'default'),
    ec2InstanceId: `mi-${id}`,
    status: 'ACTIVE',
    agentConnected: false,
    agentConnectionChangedAt: 0,
    registeredAt: 0,
    version: 1,
    versionInfo: {},
    registeredResources: [],
    attributes: [],
    availabilityZone: 'us-east-1a',
    attachments: [],
    lastSequence: 0,
    tags: [],
  };
}

const principalOf = (account: string, accessKeyId: string) => ({
  account,
  arn: `arn:aws:iam::${account}:root`,
  userId: account,
  accessKeyId,
});

function authenticator() {
  const known = [
    { ...agentCredentials, account: scope.account },
    { ...strangerCredentials, account: '999999999999' },
  ];
  const find = (accessKeyId: string) => {
    const one = known.find((credential) => credential.accessKeyId === accessKeyId);
    return one && { principal: principalOf(one.account, accessKeyId), secretAccessKey: one.secretAccessKey };
  };
  return createAuthenticate({ credentials: { find }, clock: systemClock });
}

export async function startAgentLink(
  options: {
    readonly journal?: Journal;
    readonly onMetrics?: AcsDeps['onMetrics'];
    readonly authorize?: AcsDeps['authorize'];
  } = {},
): Promise<AgentLink> {
  const store = await Store.open({ journal: options.journal ?? volatileJournal(), tables: allTables });
  const clock = new FakeClock();
  const vault = createVault(Buffer.alloc(32, 1), seededRandom(2));
  const sessions = endWithTheirTask(createSessions({ vault, view: store, random: seededRandom(3) }), store);
  const deps: AcsDeps = {
    store,
    clock,
    authorize: options.authorize ?? (() => ({ allowed: true })),
    roles: createTaskRoles({ view: store, sessions, vault, clock }),
    random: seededRandom(1),
    logger: silentLogger,
    authenticate: authenticator(),
    ...(options.onMetrics && { onMetrics: options.onMetrics }),
  };
  const instance = instanceRow('0123456789abcdef0123456789abcdef');
  store.transact((tx) => tx.insert(containerInstances, instance));
  const server = createServer();
  const link: { acs: Acs } = { acs: createAcs(deps) };
  server.on('upgrade', (request, socket, head) => link.acs.handleUpgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(link, {
    store,
    clock,
    endpoint,
    instance,
    sessions,
    connect: (kind: 'acs' | 'tcs' = 'acs', arn: string = instance.arn) =>
      openRawAgent({ endpoint, kind, containerInstanceArn: arn, credentials: agentCredentials }),
    instanceRow: () => store.get(containerInstances, instance.arn)!,
    async restart() {
      await link.acs.close();
      link.acs = createAcs(deps);
    },
    async close() {
      await link.acs.close();
      await new Promise((resolve) => server.close(resolve));
      await store.close();
    },
  });
}

/** Waits until `condition` holds; fails after two seconds. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 2_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within two seconds: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
