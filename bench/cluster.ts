/** A control plane in this process with stand-in agents, filled with services through its API. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterContainerInstanceCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { createLogger } from '#lib/logger.ts';
import { changeOf } from '#store/store.ts';
import { tasks } from '#store/tables/ecs.ts';
import { type ControlPlane, startControlPlane } from '../src/control-plane/start.ts';
import { StandInAgents } from './stand-in-agents.ts';

export const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);
export const secondsSince = (sinceMs: number) => ((performance.now() - sinceMs) / 1000).toFixed(1);

/** `work(0)` … `work(count - 1)`, 32 at a time. */
async function concurrently(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}

export const openControlPlane = (dataDir: string): Promise<ControlPlane> =>
  startControlPlane({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    auth: 'strict',
    logger: createLogger({ level: 'warn', sink: process.stderr, now: Date.now }),
  });

export const clientConfig = ({ endpoint, administrator }: ControlPlane) => ({
  endpoint,
  region: 'us-east-1',
  credentials: administrator,
});
export const clientOf = (controlPlane: ControlPlane) => new ECSClient(clientConfig(controlPlane));

export class BenchCluster {
  readonly name = 'bench';
  readonly directory: string;
  readonly controlPlane: ControlPlane;
  readonly ecs: ECSClient;
  readonly agents: StandInAgents;
  /** Tasks that have been durably RUNNING, and durable changes of rows, so far. */
  running = 0;
  changes = 0;
  #onRunning = () => {};

  static async open(parent: string): Promise<BenchCluster> {
    const directory = mkdtempSync(join(parent, '.bench-cluster-'));
    return new BenchCluster(directory, await openControlPlane(directory));
  }

  private constructor(directory: string, controlPlane: ControlPlane) {
    this.directory = directory;
    this.controlPlane = controlPlane;
    this.ecs = clientOf(controlPlane);
    this.agents = new StandInAgents(controlPlane.store);
    controlPlane.store.subscribe('durable', (set) => {
      this.changes += set.changes.length;
      for (const change of set.changes) {
        const { before, after } = changeOf(tasks, change) ?? {};
        if (after?.lastStatus !== 'RUNNING' || before?.lastStatus === 'RUNNING') continue;
        this.running += 1;
        this.#onRunning();
      }
    });
  }

  /** Registers instances of two sizes in three zones and connects their agents; one task definition per service. */
  async register(instanceCount: number, serviceCount: number): Promise<void> {
    await this.ecs.send(new CreateClusterCommand({ clusterName: this.name }));
    await concurrently(instanceCount, async (n) => {
      const { containerInstance } = await this.ecs.send(
        new RegisterContainerInstanceCommand({
          cluster: this.name,
          instanceIdentityDocument: JSON.stringify({
            instanceId: `i-${n.toString(16).padStart(17, '0')}`,
            availabilityZone: `us-east-1${'abc'[n % 3]}`,
          }),
          totalResources: [
            { name: 'CPU', type: 'INTEGER', integerValue: 16_384 * (1 + (n % 2)) },
            { name: 'MEMORY', type: 'INTEGER', integerValue: 65_536 * (1 + (n % 2)) },
            { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22', '2375', '2376', '51678', '51679'] },
          ],
        }),
      );
      this.agents.connect(containerInstance!.containerInstanceArn!);
    });
    const web = { name: 'web', image: 'registry.example.com/team/web:1.2.3', cpu: 64, memory: 128, essential: true };
    await concurrently(serviceCount, (n) =>
      this.ecs.send(new RegisterTaskDefinitionCommand({ family: `service-${n}`, containerDefinitions: [web] })),
    );
  }

  /** Resolves when CreateService has answered for all. */
  createServices(serviceCount: number, desiredCount: number, packed: boolean): Promise<void> {
    const placementStrategy = [
      { type: 'spread' as const, field: 'attribute:ecs.availability-zone' },
      { type: 'binpack' as const, field: 'memory' },
    ];
    return concurrently(serviceCount, (n) =>
      this.ecs.send(
        new CreateServiceCommand({
          cluster: this.name,
          serviceName: `service-${n}`,
          taskDefinition: `service-${n}`,
          desiredCount,
          ...(packed && { placementStrategy }),
        }),
      ),
    );
  }

  /** Resolves when `count` tasks have been durably RUNNING. */
  allRunning(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onRunning = () => this.running >= count && resolve();
      this.#onRunning();
    });
  }
}
