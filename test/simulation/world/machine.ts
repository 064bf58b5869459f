/**
 * A machine: a simulated container engine and, on it, one real agent after the other. The agent is all of
 * `agent/main.ts`; the transport under it is the simulated network.
 */
import type { ECSClient } from '@aws-sdk/client-ecs';
import { agentConfig } from '#agent/config.ts';
import { SimulatedEngine } from '#agent/engine-api/simulated.ts';
import { RefusedError } from '#agent/link/websocket-session.ts';
import { startAgent } from '#agent/main.ts';
import { type AgentState, openAgentState } from '#agent/state/agent-state.ts';
import type { FakeClock } from '#lib/clock.ts';
import { createLogger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import { endLife, type Life, never, newLife } from './clock.ts';
import type { ControlPlane } from './control-plane.ts';
import type { Dice } from './dice.ts';
import { createFaultyEngine, type EngineFaults, noEngineFaults } from './faulty-engine.ts';
import type { Network } from './network.ts';
import { providerName } from './schedulers.ts';

export interface MachineDeps {
  readonly clock: FakeClock;
  readonly random: Random;
  readonly dice: Dice;
  readonly network: Network;
  readonly controlPlane: ControlPlane;
  readonly cluster: string;
  readonly verbose: boolean;
  readonly log: (line: string) => void;
}

const images = ['app', 'sidecar'];
const connectTimeoutMs = 30_000;

/** A dead agent writes nothing more. */
function mortalState(state: AgentState, life: Life): AgentState {
  const alive = (fn: () => void) => {
    if (!life.dead) fn();
  };
  return {
    ...state,
    set: (key, value) => alive(() => state.set(key, value)),
    saveTask: (task, report) => alive(() => state.saveTask(task, report)),
    removeTask: (taskArn) => alive(() => state.removeTask(taskArn)),
    removeReport: (id) => alive(() => state.removeReport(id)),
    close: () => {},
  };
}

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: object;
  readonly middlewareStack: {
    resolve(handler: (args: unknown) => Promise<unknown>, context: object): (args: unknown) => Promise<unknown>;
  };
}

/** What the command's own middleware puts into the JSON text of the request (an agent's clientToken). */
async function bodyOf(command: Command): Promise<unknown> {
  if (command.constructor.name !== 'RegisterContainerInstanceCommand') return command.input;
  const request = { body: JSON.stringify(command.input) };
  await command.middlewareStack.resolve(async () => ({}), {})({ input: command.input, request });
  return JSON.parse(request.body) as unknown;
}

export class Machine {
  readonly name: string;
  readonly #deps: MachineDeps;
  engine: SimulatedEngine;
  engineFaults: EngineFaults = { ...noEngineFaults };
  #state: AgentState = openAgentState(':memory:');
  #life: Life | undefined;
  #nextPort = 40_000;
  #boots = 0;

  constructor(name: string, deps: MachineDeps) {
    this.name = name;
    this.#deps = deps;
    this.engine = this.#newEngine();
  }

  #newEngine(): SimulatedEngine {
    const { clock, random } = this.#deps;
    return new SimulatedEngine({ clock, random, images, registry: images, cpus: 1, memoryMiB: 1024 });
  }

  /** The instance that this machine's agent says it is. */
  get containerInstanceArn(): string | undefined {
    return this.#state.get('containerInstanceArn');
  }

  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  start(): void {
    if (this.#life) return;
    const { clock, dice, random, log } = this.#deps;
    const life = newLife(clock);
    this.#life = life;
    const config = agentConfig({
      cluster: this.#deps.cluster,
      mayCreateCluster: false,
      endpoint: 'http://simulated',
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIASIMULATION000000', secretAccessKey: 'secret' },
      dataDirectory: ':memory:',
      taskLimits: false,
      loggingDrivers: ['json-file'],
      reservedPorts: [22],
      instanceAttributes: { 'slipway.capacity-provider': providerName },
      cleanupWaitMs: 120_000,
    });
    const logger = createLogger({
      level: this.#deps.verbose ? 'info' : 'silent',
      now: () => clock.now(),
      sink: {
        write: (line) => {
          if (!life.dead) log(line.trim());
        },
      },
    });
    startAgent(config, {
      engine: createFaultyEngine({
        engine: () => this.engine,
        faults: () => this.engineFaults,
        boots: () => this.#boots,
        clock,
        dice,
        life,
      }),
      clock: life.clock,
      random,
      logger,
      hostPorts: { pick: async (_protocol, count, taken) => this.#pickPort(count, taken) },
      state: mortalState(this.#state, life),
      transport: this.#transport(life),
    }).catch((error: unknown) => {
      if (life.dead) return;
      log(`the agent ends: ${String(error)}`);
      this.kill();
    });
  }

  /** Never one that a container here has. */
  #pickPort(count: number, taken: ReadonlySet<number>): number {
    const bound = new Set(
      [...this.engine.containers.values()].flatMap((container) =>
        Object.values(container.spec.hostConfig.PortBindings ?? {}).flatMap((list) =>
          list.map((entry) => Number(entry.HostPort)),
        ),
      ),
    );
    while (taken.has(this.#nextPort) || bound.has(this.#nextPort)) this.#nextPort += 1;
    const first = this.#nextPort;
    this.#nextPort += count;
    return first;
  }

  #transport(life: Life) {
    const { network, controlPlane } = this.#deps;
    const send = async (command: Command): Promise<unknown> => {
      if (life.dead) return never();
      const operation = command.constructor.name.replace(/Command$/, '');
      return network.request(life, this.name, controlPlane, operation, await bodyOf(command), true);
    };
    const connect = (url: URL) => {
      if (life.dead) return never<never>();
      const server = controlPlane.life;
      const ends = server && network.connect(this.name, life, server);
      if (!ends) {
        return life.clock.sleep(server ? connectTimeoutMs : 1).then(() => {
          throw new Error(server ? 'Opening handshake has timed out' : 'ECONNREFUSED');
        });
      }
      ends.near.pause();
      const request = { url: url.pathname + url.search, headers: {} };
      const refusal = controlPlane.acs!.accept(request, () => ends.far.asWebSocket);
      if (refusal) return Promise.reject(new RefusedError(refusal.status, JSON.stringify(refusal)));
      return Promise.resolve(ends.near.asWebSocket);
    };
    return {
      ecs: { send, destroy() {} } as unknown as ECSClient,
      signer: { sign: async () => ({ host: 'simulated', authorization: 'simulated' }) },
      connect,
    };
  }

  /** The agent ends in the middle of whatever it does. */
  kill(): void {
    if (!this.#life) return;
    endLife(this.#life);
    this.#life = undefined;
    this.#deps.network.noticeDeaths();
  }

  /** Power off and on: containers have stopped, disks are as they were, the agent does not run. */
  reboot(): void {
    this.kill();
    this.#boots += 1;
    this.engine.crash({ containersSurvive: false });
    this.engine.recover();
  }

  /** The agent's state is lost, and all that runs with it: a new machine, or (`keepEngine`) an emptied data directory. */
  replace({ keepEngine = false }: { readonly keepEngine?: boolean } = {}): void {
    this.reboot();
    if (!keepEngine) this.engine = this.#newEngine();
    this.#state = openAgentState(':memory:');
  }
}
