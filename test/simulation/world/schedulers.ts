/** What the client does to schedulers beyond REPLICA services: DAEMON services, task sets, protection, managed daemons. */
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { lastSegment } from '#model/arn.ts';
import type { Dice } from './dice.ts';

// biome-ignore lint/suspicious/noExplicitAny: outputs of many operations
type Output = any;
type Call = (operation: string, input: object) => Promise<Output>;

/** The capacity provider of all machines. */
export const providerName = 'machines';
const daemonName = 'guard';
const daemonService = 'watch';
const external = 'external';

export interface SchedulerDeps {
  readonly dice: Dice;
  readonly call: Call;
  readonly cluster: string;
  /** A new revision of `family`; undefined when that failed. */
  readonly define: (family: string, works: boolean) => Promise<string | undefined>;
  readonly containers: (works: boolean) => ContainerDefinition[];
}

/** Half of the services that are created watch their deployments. */
export function circuitBreaker(dice: Dice): object {
  if (dice.chance(0.5)) return {};
  return { deploymentCircuitBreaker: { enable: true, rollback: dice.chance(0.6) } };
}

export async function createProvider(call: Call): Promise<void> {
  const autoScalingGroupArn = `arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:0:autoScalingGroupName/${providerName}`;
  const autoScalingGroupProvider = { autoScalingGroupArn };
  await call('CreateCapacityProvider', { name: providerName, autoScalingGroupProvider, cluster: undefined });
}

export class Schedulers {
  readonly #deps: SchedulerDeps;
  readonly #sets: string[] = [];
  /** What it has made as far as it knows, so that most calls are about something. */
  readonly #made = new Set<string>();
  /** A critical daemon may be failing, and then stops everything else again and again. */
  #isDangerous = false;

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
  }

  /** Things that a person does, each as likely as the others. */
  get actions(): (() => Promise<unknown>)[] {
    return [
      () => this.#daemonService(),
      () => this.#externalService(),
      () => this.#externalService(),
      () => this.protect(),
      () => this.#managedDaemon(this.#deps.dice.chance(0.7)),
    ];
  }

  async #daemonService(): Promise<void> {
    const { dice, call, define } = this.#deps;
    const taskDefinition = await define(daemonService, dice.chance(0.7));
    if (!taskDefinition) return;
    if (dice.chance(0.15)) return call('DeleteService', { service: daemonService, force: true });
    if (dice.chance(0.4)) return call('UpdateService', { service: daemonService, taskDefinition });
    const deploymentConfiguration = { minimumHealthyPercent: dice.pick([0, 50]), ...circuitBreaker(dice) };
    const given = { serviceName: daemonService, taskDefinition, schedulingStrategy: 'DAEMON' };
    await call('CreateService', { ...given, deploymentConfiguration });
  }

  async #externalService(): Promise<void> {
    const { dice, call, define } = this.#deps;
    const service = external;
    const someSet = () => (this.#sets.length > 0 ? dice.pick(this.#sets) : 'ecs-svc/0');
    const scale = () => ({ value: dice.pick([0, 50, 100]), unit: 'PERCENT' });
    const create = async () => {
      const given = { serviceName: service, deploymentController: { type: 'EXTERNAL' } };
      if (await call('CreateService', { ...given, desiredCount: dice.between(1, 3) })) this.#made.add(external);
    };
    if (!this.#made.has(external)) return create();
    const actions: (() => Promise<unknown>)[] = [
      create,
      async () => {
        const taskDefinition = await define(service, dice.chance(0.7));
        const made = taskDefinition && (await call('CreateTaskSet', { service, taskDefinition, scale: scale() }));
        if (made) this.#sets.push(lastSegment(made.taskSet.taskSetArn).replace(/^/, 'ecs-svc/'));
      },
      () => call('UpdateTaskSet', { service, taskSet: someSet(), scale: scale() }),
      () => call('UpdateServicePrimaryTaskSet', { service, primaryTaskSet: someSet() }),
      () => call('DeleteTaskSet', { service, taskSet: someSet(), force: dice.chance(0.5) }),
      () => call('UpdateService', { service, desiredCount: dice.between(0, 3) }),
      async () => {
        if (dice.chance(0.2) && (await call('DeleteService', { service, force: true }))) this.#made.delete(external);
      },
    ];
    await (this.#sets.length === 0 ? actions[1]! : dice.pick(actions))();
  }

  /** Protects some task, mostly of a service, for some minutes; or takes its protection away. */
  async protect(): Promise<void> {
    const { dice, call } = this.#deps;
    const listed = await call('ListTasks', {});
    const arns: string[] = listed?.taskArns ?? [];
    if (arns.length === 0) return;
    const input = { tasks: [dice.pick(arns)], protectionEnabled: dice.chance(0.8) };
    await call('UpdateTaskProtection', {
      ...input,
      ...(input.protectionEnabled && { expiresInMinutes: dice.between(1, 15) }),
    });
  }

  async #managedDaemon(works: boolean): Promise<void> {
    const { dice, call, cluster } = this.#deps;
    const [first, ...others] = this.#deps.containers(works);
    const containerDefinitions = [{ ...first, memory: 64, cpu: 16, portMappings: undefined }, ...others];
    const defined = await call('RegisterDaemonTaskDefinition', { family: daemonName, containerDefinitions });
    if (!defined) return;
    const daemonArn = `arn:aws:ecs:us-east-1:123456789012:daemon/${cluster}/${daemonName}`;
    const critical = dice.chance(0.4);
    this.#isDangerous = critical && !works;
    const given = {
      daemonTaskDefinitionArn: defined.daemonTaskDefinitionArn,
      capacityProviderArns: [providerName],
      critical,
      deploymentConfiguration: { drainPercent: dice.pick([1, 50, 100]), bakeTimeInMinutes: dice.pick([0, 0, 1]) },
    };
    if (!this.#made.has(daemonName)) {
      const made = await call('CreateDaemon', { ...given, daemonName, clusterArn: cluster });
      if (made) this.#made.add(daemonName);
    } else if (works || dice.chance(0.6)) await call('UpdateDaemon', { ...given, daemonArn });
    else if (await call('DeleteDaemon', { daemonArn })) this.#made.delete(daemonName);
  }

  /** The person puts some of it right. */
  async repair(): Promise<void> {
    const { dice, call, define } = this.#deps;
    if (dice.chance(0.5)) {
      const taskDefinition = await define(daemonService, true);
      if (taskDefinition) await call('UpdateService', { service: daemonService, taskDefinition });
    }
    if (this.#isDangerous) this.#made.add(daemonName);
    if (this.#isDangerous || dice.chance(0.5)) await this.#managedDaemon(true);
  }
}
