/** A client that calls the API at random, and remembers in the ledger what it was told. */
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { FakeClock } from '#lib/clock.ts';
import { endLife, type Life, newLife } from './clock.ts';
import type { ControlPlane } from './control-plane.ts';
import type { Dice } from './dice.ts';
import type { CuttableJournal } from './journal.ts';
import type { Ledger } from './ledger.ts';
import type { Network } from './network.ts';
import { circuitBreaker, createProvider, providerName, Schedulers } from './schedulers.ts';

export interface ClientDeps {
  readonly clock: FakeClock;
  readonly dice: Dice;
  readonly network: Network;
  readonly controlPlane: ControlPlane;
  readonly journal: CuttableJournal;
  readonly ledger: Ledger;
  readonly cluster: string;
  readonly note: (line: string) => void;
}

// biome-ignore lint/suspicious/noExplicitAny: outputs of many operations
type Output = any;

const untilTold = 'trap "exit 0" TERM; while :; do sleep 1; done';

function container(more: Partial<ContainerDefinition>): ContainerDefinition {
  return {
    name: 'app',
    image: 'app',
    cpu: 64,
    memory: 128,
    essential: true,
    command: ['sh', '-c', untilTold],
    ...more,
  };
}

const sidecar = container({ name: 'sidecar', image: 'sidecar', memory: 64 });

/** What services and tasks run: things that work, and the ways in which they do not. */
const good: readonly ((dice: Dice) => ContainerDefinition[])[] = [
  () => [container({ portMappings: [{ containerPort: 80 }] })],
  () => [container({ dependsOn: [{ containerName: 'sidecar', condition: 'START' }] }), sidecar],
  () => [container({ healthCheck: { command: ['CMD', 'true'], interval: 10 } })],
  () => [
    container({ dependsOn: [{ containerName: 'sidecar', condition: 'HEALTHY' }] }),
    { ...sidecar, healthCheck: { command: ['CMD', 'true'], interval: 5 } },
  ],
  (dice) => [container({ cpu: dice.between(1, 4) * 64, memory: dice.between(1, 3) * 100 })],
];
const bad: typeof good = [
  () => [container({ command: ['sh', '-c', 'while :; do sleep 1; done'] })],
  () => [container({ portMappings: [{ containerPort: 80, hostPort: 8080 }] })],
  (dice) => [container({ command: ['sh', '-c', `sleep ${dice.between(1, 60)}; exit 1`] })],
  () => [container({ image: 'missing' })],
  (dice) => [container({}), { ...sidecar, essential: false, command: ['sh', '-c', `sleep ${dice.between(1, 9)}`] }],
];

// What a DAEMON service wants and what an EXTERNAL one runs is not what a call says.
const isReplica = (service: Output) =>
  service?.schedulingStrategy === 'REPLICA' && service.deploymentController.type === 'ECS';

export class Client {
  readonly #deps: ClientDeps;
  readonly #life: Life;
  readonly #serviceNames = ['web', 'api', 'batch'];
  readonly #known: string[] = [];
  readonly #schedulers: Schedulers;

  constructor(deps: ClientDeps) {
    this.#deps = deps;
    this.#life = newLife(deps.clock);
    const { dice, cluster } = deps;
    this.#schedulers = new Schedulers({
      dice,
      cluster,
      call: (operation, input) => this.#call(operation, input),
      define: (family, works) => this.#define(family, works),
      containers: (works) => dice.pick(works ? good : bad)(dice),
    });
  }

  async #call(operation: string, input: object): Promise<Output> {
    const { clock, network, controlPlane, journal, ledger, note } = this.#deps;
    let call: ReturnType<Ledger['executed']> | undefined;
    const server = {
      get life() {
        return controlPlane.life;
      },
      answer: (name: string, given: unknown) =>
        controlPlane.answer(name, given, (output, revision) => {
          const { service } = output as Output;
          call = isReplica(service)
            ? ledger.executedOnService(name, revision, service)
            : ledger.executed(name, revision);
        }),
    };
    const body = { cluster: this.#deps.cluster, ...input };
    try {
      const output: Output = await network.request(this.#life, 'client', server, operation, body, false);
      if (call) ledger.acknowledged(call, journal.revision);
      note(`${operation} ${JSON.stringify(input).slice(0, 120)} → ok`);
      if (operation === 'RunTask') {
        const arns = output.tasks.map((task: { taskArn: string }) => task.taskArn);
        ledger.ranTasks(arns, clock.now());
        this.#known.push(...arns);
      }
      if (operation === 'StopTask') ledger.stoppedTask(output.task.taskArn, clock.now());
      return output;
    } catch (error) {
      note(
        `${operation} ${JSON.stringify(input).slice(0, 120)} → ${(error as Error).name}: ${(error as Error).message}`,
      );
      return undefined;
    }
  }

  /** A new revision of `family`; undefined when that failed. */
  async #define(family: string, works: boolean): Promise<string | undefined> {
    const { dice } = this.#deps;
    const containerDefinitions = dice.pick(works ? good : bad)(dice);
    const output = await this.#call('RegisterTaskDefinition', { family, containerDefinitions });
    return output?.taskDefinition.taskDefinitionArn;
  }

  async createCluster(): Promise<void> {
    await createProvider((operation, input) => this.#call(operation, input));
    const made = await this.#call('CreateCluster', {
      clusterName: this.#deps.cluster,
      capacityProviders: [providerName],
    });
    if (!made) throw new Error('there is no cluster to simulate');
  }

  /** One thing that a person does. */
  async act(): Promise<void> {
    const { dice } = this.#deps;
    const serviceName = dice.pick(this.#serviceNames);
    const service = { service: serviceName };
    const define = () => this.#define(serviceName, dice.chance(0.7));
    const actions: (() => Promise<unknown>)[] = [
      () => this.#create(serviceName),
      () => this.#create(serviceName),
      () => this.#call('UpdateService', { ...service, desiredCount: dice.between(0, 4) }),
      () => this.#call('UpdateService', { ...service, forceNewDeployment: true }),
      async () => {
        const taskDefinition = await define();
        if (taskDefinition) await this.#call('UpdateService', { ...service, taskDefinition });
      },
      async () => {
        const taskDefinition = await this.#define('job', dice.chance(0.7));
        if (taskDefinition) await this.#call('RunTask', { taskDefinition, count: dice.between(1, 3) });
      },
      () => this.#stopSomeTask(),
      () => this.#stopSomeTask(),
      async () => {
        if (dice.chance(0.4)) await this.#call('DeleteService', { ...service, force: true });
      },
      ...this.#schedulers.actions,
    ];
    await dice.pick(actions)();
  }

  async #create(serviceName: string): Promise<void> {
    const { dice } = this.#deps;
    const taskDefinition = await this.#define(serviceName, dice.chance(0.8));
    if (!taskDefinition) return;
    const percents = dice.pick([
      { minimumHealthyPercent: 100, maximumPercent: 200 },
      { minimumHealthyPercent: 50, maximumPercent: 200 },
      { minimumHealthyPercent: 0, maximumPercent: 100 },
    ]);
    const deploymentConfiguration = { ...percents, ...circuitBreaker(dice) };
    const desiredCount = dice.between(1, 3);
    await this.#call('CreateService', { serviceName, taskDefinition, desiredCount, deploymentConfiguration });
  }

  async #stopSomeTask(): Promise<void> {
    const { dice } = this.#deps;
    const listed: Output = await this.#call('ListTasks', {});
    const arns: string[] = [...(listed?.taskArns ?? []), ...(dice.chance(0.2) ? this.#known : [])];
    if (arns.length > 0) await this.#call('StopTask', { task: dice.pick(arns) });
  }

  /** The person puts some of the services right. */
  async repair(): Promise<void> {
    const { dice } = this.#deps;
    for (const serviceName of this.#serviceNames) {
      if (dice.chance(0.5)) continue;
      const taskDefinition = await this.#define(serviceName, true);
      if (taskDefinition) await this.#call('UpdateService', { service: serviceName, taskDefinition, desiredCount: 2 });
    }
    await this.#schedulers.repair();
  }

  /** The operator's calls, tried until they succeed. */
  async operate(operation: string, input: object): Promise<void> {
    await this.#call(operation, input);
  }

  close(): void {
    endLife(this.#life);
  }
}
