/** Everything together: one seed, one history. `runSeed` makes a world, lets it suffer, lets it rest, and looks. */
import { FakeClock } from '#lib/clock.ts';
import { seededRandom } from '#lib/random.ts';
import { containerInstances } from '#store/tables/ecs.ts';
import { type Check, checkOneMachine, DurableFeed, findUnsettled, watchStore } from './checks.ts';
import { Client } from './client.ts';
import { ControlPlane } from './control-plane.ts';
import { createDice, type Dice } from './dice.ts';
import { noEngineFaults } from './faulty-engine.ts';
import { CuttableJournal } from './journal.ts';
import { Ledger } from './ledger.ts';
import { Machine } from './machine.ts';
import { Network, noNetworkFaults } from './network.ts';

const cluster = 'sim';
const startMs = Date.UTC(2026, 0, 1);
/** Restart throttles last up to 15 minutes, connections up to 45, hanging calls up to 7. */
const restLimitMs = 50 * 60_000;
/** Fewer: faults rarely meet; more: fewer seeds in a minute. */
const defaultSteps = 50;
/** How long everything must stay as it should be. */
const holdMs = 90_000;

export interface RunOptions {
  readonly seed: number;
  readonly steps?: number;
  /** Log lines of the control plane and the agents as well. */
  readonly verbose?: boolean;
}

export interface Violation {
  readonly check: Check;
  readonly message: string;
}

export interface RunResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly trace: readonly string[];
}

export class World {
  readonly clock = new FakeClock(startMs);
  readonly dice: Dice;
  readonly violations: Violation[] = [];
  readonly trace: string[] = [];
  readonly machines: Machine[] = [];
  readonly network: Network;
  readonly journal: CuttableJournal;
  readonly controlPlane: ControlPlane;
  readonly client: Client;
  readonly ledger: Ledger;
  readonly #sequences = new Map<string, number>();

  constructor({ seed, verbose = false }: RunOptions) {
    this.dice = createDice(seed);
    // Ids and jitter of the processes under test come from a stream of their own.
    const random = seededRandom(seed ^ 0x5eed);
    const { clock, dice } = this;
    const feed = new DurableFeed(this.violate);
    this.network = new Network(clock, dice, (text) => this.#onServerMessage(text, feed));
    this.journal = new CuttableJournal(dice, () => this.#killControlPlane());
    this.ledger = new Ledger(this.violate);
    this.controlPlane = new ControlPlane({
      clock,
      random,
      verbose,
      journal: this.journal,
      network: this.network,
      log: (level, line) => {
        this.note(`  control plane: ${line}`);
        if (level === 'error') this.violate('control-plane-logs-no-error', line);
      },
      onStore: (store, life) => {
        this.ledger.onStart(store.revision);
        this.ledger.check(store, clock.now());
        watchStore(store, life, feed, this.violate);
      },
    });
    this.client = new Client({
      ...{ clock, dice, cluster, network: this.network, controlPlane: this.controlPlane },
      ...{ journal: this.journal, ledger: this.ledger, note: (line: string) => this.note(`client: ${line}`) },
    });
    for (const name of ['m1', 'm2', 'm3']) {
      const log = (line: string) => this.note(`  ${name}: ${line}`);
      const shared = { clock, random, dice, cluster, verbose, log };
      this.machines.push(new Machine(name, { ...shared, network: this.network, controlPlane: this.controlPlane }));
    }
  }

  note(line: string): void {
    this.trace.push(`+${((this.clock.now() - startMs) / 1000).toFixed(3)}s ${line}`);
  }

  readonly violate = (check: Check, message: string): void => {
    if (this.violations.some((known) => known.check === check)) return;
    this.violations.push({ check, message });
    this.note(`VIOLATED ${check}: ${message}`);
  };

  #onServerMessage(text: string, feed: DurableFeed): void {
    if (!text.startsWith('{"type":"PayloadMessage"') && !text.startsWith('{"type":"TaskManifestMessage"')) return;
    const { type, message } = JSON.parse(text);
    if (type === 'PayloadMessage') for (const task of message.tasks) feed.onPayload(task.arn, task.desiredStatus);
    const sequence: number = message.seqNum ?? message.timeline;
    const last = this.#sequences.get(message.containerInstanceArn) ?? -1;
    if (sequence <= last) {
      const problem = `${message.containerInstanceArn} got ${sequence} after ${last}`;
      this.violate('sequence-numbers-not-reused', problem);
    }
    this.#sequences.set(message.containerInstanceArn, sequence);
  }

  /** Moves time to the next thing that happens, again and again; what follows from it happens before the next. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.clock.now() + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const dueMs = this.clock.nextDue();
      if (dueMs === undefined || dueMs > untilMs || this.violations.length > 0) break;
      this.clock.advance(dueMs - this.clock.now());
    }
    this.clock.advance(Math.max(0, untilMs - this.clock.now()));
    checkOneMachine(this.machines, this.violate);
  }

  #killControlPlane(): void {
    if (!this.controlPlane.life) return;
    this.note('the control plane is killed');
    this.controlPlane.kill();
    this.clock.after(this.dice.between(1, 60_000), () => void this.#startControlPlane());
  }

  async #startControlPlane(): Promise<void> {
    if (this.controlPlane.life) return;
    await this.controlPlane.start();
    this.note(`the control plane starts from revision ${this.journal.revision}`);
  }

  async begin(): Promise<void> {
    await this.#startControlPlane();
    const created = this.client.createCluster();
    await this.advance(1_000);
    await created;
    for (const machine of this.machines) machine.start();
    await this.advance(10_000);
  }

  /** One thing goes wrong, or comes right again. */
  disturb(): void {
    const { dice, network, journal } = this;
    const machine = dice.pick(this.machines);
    const later = (fn: () => void) => this.clock.after(dice.between(1, 90_000), fn);
    const actions: readonly [string, () => void][] = [
      ['the network suffers', () => this.#spoilNetwork()],
      ['the network suffers', () => this.#spoilNetwork()],
      ['the network is well', () => Object.assign(network.faults, noNetworkFaults)],
      [
        `${machine.name} is cut off`,
        () => {
          network.partitioned.add(machine.name);
          later(() => network.partitioned.delete(machine.name));
        },
      ],
      [
        `the agent of ${machine.name} is killed`,
        () => {
          machine.kill();
          later(() => machine.start());
        },
      ],
      [
        `${machine.name} is rebooted`,
        () => {
          machine.reboot();
          later(() => machine.start());
        },
      ],
      [
        `${machine.name} is replaced`,
        () => {
          machine.replace({ keepEngine: dice.chance(0.5) });
          later(() => machine.start());
        },
      ],
      [
        'the next commits end with a kill',
        () => {
          journal.killAfterAppends = dice.between(1, 12);
        },
      ],
      [
        'the next commits end with a kill',
        () => {
          journal.killAfterAppends = dice.between(1, 40);
        },
      ],
      ['the control plane', () => this.#killControlPlane()],
      [
        'the disk is slow',
        () => {
          journal.slownessMs = dice.pick([0, 10, 200, 3_000]);
        },
      ],
      [`the engine of ${machine.name} suffers`, () => this.#spoilEngine(machine)],
      [`the engine of ${machine.name} suffers`, () => this.#spoilEngine(machine)],
      [
        `the engine of ${machine.name} is well`,
        () => {
          machine.engineFaults = { ...noEngineFaults };
        },
      ],
      [
        `the engine of ${machine.name} crashes`,
        () => {
          const { engine } = machine;
          engine.crash({ containersSurvive: dice.chance(0.5) });
          later(() => engine.recover());
        },
      ],
      [
        `a container of ${machine.name} dies`,
        () => {
          const running = [...machine.engine.containers.values()].filter((one) => one.state === 'running');
          if (running.length) dice.pick(running).exit(dice.between(0, 1));
        },
      ],
      [`${machine.name} drains`, () => this.#setState(machine, 'DRAINING')],
      [`${machine.name} takes tasks`, () => this.#setState(machine, 'ACTIVE')],
      [`${machine.name} leaves`, () => this.#leave(machine)],
    ];
    const [what, act] = dice.pick(actions);
    this.note(what);
    act();
  }

  #spoilNetwork(): void {
    const { dice } = this;
    Object.assign(this.network.faults, {
      drop: dice.pick([0, 0.02, 0.2]),
      double: dice.pick([0, 0.2, 0.6]),
      reorder: dice.pick([0, 0.1, 0.4]),
      maxLatencyMs: dice.pick([5, 200, 5_000]),
    });
  }

  #spoilEngine(machine: Machine): void {
    const { dice } = this;
    machine.engineFaults = {
      fail: dice.pick([0, 0.1, 0.5]),
      loseAnswer: dice.pick([0, 0.05, 0.3]),
      hang: dice.pick([0, 0.05, 0.2]),
      maxLatencyMs: dice.pick([20, 500, 10_000]),
    };
  }

  #setState(machine: Machine, status: string): void {
    const arn = machine.containerInstanceArn;
    if (arn) void this.client.operate('UpdateContainerInstancesState', { containerInstances: [arn], status });
  }

  /** Deregistered by force, and a new machine comes in its place. */
  #leave(machine: Machine): void {
    const arn = machine.containerInstanceArn;
    if (arn) void this.client.operate('DeregisterContainerInstance', { containerInstance: arn, force: true });
    machine.replace();
    this.clock.after(this.dice.between(1, 90_000), () => machine.start());
  }

  /** Faults end; the operator removes what has gone for good and puts back what drains. */
  async calm(): Promise<void> {
    this.note('--- calm ---');
    Object.assign(this.network.faults, noNetworkFaults);
    this.network.partitioned.clear();
    this.journal.killAfterAppends = undefined;
    this.journal.slownessMs = 0;
    for (const machine of this.machines) {
      machine.engineFaults = { ...noEngineFaults };
      machine.engine.recover();
    }
    // What is still planned (restarts, a network that comes back) happens first.
    await this.advance(100_000);
    await this.#startControlPlane();
    for (const machine of this.machines) machine.start();
    // Connections that have lost messages without noticing are renewed by themselves, if later.
    if (this.dice.chance(0.5)) this.network.resetAll();
    await this.advance(60_000);
    const here = new Set(this.machines.map((machine) => machine.containerInstanceArn));
    for (const row of [...this.controlPlane.store!.all(containerInstances)]) {
      const { arn: containerInstance } = row;
      if (row.status === 'INACTIVE') continue;
      if (!here.has(containerInstance)) {
        void this.client.operate('DeregisterContainerInstance', { containerInstance, force: true });
      } else if (row.status === 'DRAINING') {
        const change = { containerInstances: [containerInstance], status: 'ACTIVE' };
        void this.client.operate('UpdateContainerInstancesState', change);
      }
    }
    void this.client.repair();
    await this.#rest();
  }

  async #rest(): Promise<void> {
    const untilMs = this.clock.now() + restLimitMs;
    let goodSinceMs: number | undefined;
    while (this.violations.length === 0) {
      await this.advance(15_000);
      const found = findUnsettled(this.controlPlane.store!, this.machines, this.clock.now());
      if (found.length === 0) {
        goodSinceMs ??= this.clock.now();
        if (this.clock.now() - goodSinceMs >= holdMs) break;
        continue;
      }
      goodSinceMs = undefined;
      if (this.clock.now() < untilMs) continue;
      for (const [check, message] of found) this.violate(check, message);
    }
    this.ledger.check(this.controlPlane.store!, this.clock.now());
    this.note(this.violations.length ? '--- violated ---' : '--- all is as it should be ---');
  }
}

export async function runSeed(options: RunOptions): Promise<RunResult> {
  const world = new World(options);
  const { dice } = world;
  await world.begin();
  for (let step = 0; step < (options.steps ?? defaultSteps) && world.violations.length === 0; step++) {
    if (dice.chance(0.55)) void world.client.act();
    else world.disturb();
    await world.advance(dice.between(0, 10_000));
  }
  await world.calm();
  world.client.close();
  return { seed: options.seed, violations: world.violations, trace: world.trace };
}
