import type { Clock, Timer } from '#lib/clock.ts';
import { uuid } from '#lib/ids.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { TaskHealth, TaskMetric, TcsAgentMessage } from '#model/agent-messages.ts';
import type { RunningTasks } from '../task-engine/running-tasks.ts';
import { type PollEndpoints, sessionUrl } from './poll-endpoint.ts';
import type { LinkSigner } from './signing.ts';
import { type ConnectSocket, type Session, startSession } from './websocket-session.ts';

/** What the tasks here have used since the last call. Implemented by the stats room. */
export interface MetricsSource {
  takeTaskMetrics(): readonly TaskMetric[];
}

/**
 * The telemetry channel: metrics and instance status every 20 s, container health every 20 s and at once when it has
 * changed. Health goes no other way. Each frame is a block of signed headers, an empty line, and the JSON document.
 */
export interface TcsSessionOptions {
  readonly cluster: string;
  readonly containerInstanceArn: string;
  readonly agentVersion: string;
  readonly agentHash: string;
  readonly engineVersion: string;
  readonly endpoints: PollEndpoints;
  readonly signer: LinkSigner;
  readonly connect?: ConnectSocket;
  readonly tasks: RunningTasks;
  readonly metrics?: MetricsSource;
  readonly isEngineHealthy: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const publishEveryMs = 20_000;
const tasksPerRequest = 10;

export function collectHealth(tasks: RunningTasks): TaskHealth[] {
  return tasks
    .list()
    .filter((task) => task.knownStatus !== 'STOPPED' && task.containers.some((container) => container.health))
    .map((task) => ({
      taskArn: task.arn,
      taskDefinitionFamily: task.family,
      taskDefinitionVersion: task.version,
      containers: task.containers
        .filter((container) => container.health)
        .map(({ name, health }) => ({
          containerName: name,
          healthStatus: health!.status,
          statusSince: health!.sinceMs / 1000,
          ...(health!.output ? { statusMessage: health!.output.slice(0, 1024) } : {}),
        })),
    }));
}

const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

class Telemetry {
  readonly #options: TcsSessionOptions;
  #lastHealth = '';
  #statusSinceMs: number;
  #wasHealthy: boolean | undefined;

  constructor(options: TcsSessionOptions) {
    this.#options = options;
    this.#statusSinceMs = options.clock.now();
  }

  get #timestamp(): number {
    return this.#options.clock.now() / 1000;
  }

  #metadata(fin: boolean, extra: { readonly idle?: boolean } = {}) {
    const { cluster, containerInstanceArn: containerInstance, random } = this.#options;
    return { cluster, containerInstance, messageId: uuid(random), fin, ...extra };
  }

  metrics(): TcsAgentMessage[] {
    const all = this.#options.metrics?.takeTaskMetrics() ?? [];
    const timestamp = this.#timestamp;
    if (!all.length) {
      const isIdle = !this.#options.tasks.list().some((task) => task.knownStatus === 'RUNNING');
      return isIdle
        ? [{ type: 'PublishMetricsRequest', message: { metadata: this.#metadata(true, { idle: true }), timestamp } }]
        : [];
    }
    const parts = chunks(all, tasksPerRequest);
    return parts.map((taskMetrics, index) => ({
      type: 'PublishMetricsRequest',
      message: { metadata: this.#metadata(index === parts.length - 1, { idle: false }), taskMetrics, timestamp },
    }));
  }

  /** Nothing when no container has a health check, or nothing has changed and `onlyChanges`. */
  health(onlyChanges: boolean): TcsAgentMessage[] {
    const all = collectHealth(this.#options.tasks);
    const content = JSON.stringify(all);
    if (!all.length || (onlyChanges && content === this.#lastHealth)) return [];
    this.#lastHealth = content;
    const parts = chunks(all, tasksPerRequest);
    return parts.map((tasks, index) => ({
      type: 'PublishHealthRequest',
      message: { metadata: this.#metadata(index === parts.length - 1), tasks, timestamp: this.#timestamp },
    }));
  }

  instanceStatus(): TcsAgentMessage {
    const { clock, cluster, containerInstanceArn: containerInstance, random } = this.#options;
    const healthy = this.#options.isEngineHealthy();
    if (healthy !== this.#wasHealthy) this.#statusSinceMs = clock.now();
    this.#wasHealthy = healthy;
    const status = { type: 'ContainerRuntime', status: healthy ? 'OK' : 'IMPAIRED' } as const;
    const times = { lastUpdated: this.#timestamp, lastStatusChange: this.#statusSinceMs / 1000 };
    return {
      type: 'PublishInstanceStatusRequest',
      message: {
        metadata: { cluster, containerInstance, requestId: uuid(random) },
        statuses: [{ ...status, ...times }],
        timestamp: this.#timestamp,
      },
    };
  }
}

export function startTcsSession(options: TcsSessionOptions): Session {
  const { clock, logger } = options;
  const telemetry = new Telemetry(options);
  let connection: { readonly send: (text: string) => void; readonly url: URL } | undefined;
  let timer: Timer | undefined;
  let sent = Promise.resolve();

  const publish = (messages: readonly TcsAgentMessage[]) => {
    const to = connection;
    if (!to) return;
    for (const message of messages) {
      sent = sent.then(async () => {
        const body = JSON.stringify(message);
        const headers = await options.signer.sign(to.url, body);
        const lines = Object.entries(headers).map(([name, value]) => `${headerName(name)}: ${value}`);
        to.send(`${lines.join('\r\n')}\r\n\r\n${body}`);
      });
    }
    sent = sent.catch((error: unknown) => logger.error('telemetry could not be sent', { error }));
  };
  const tick = () => {
    publish([...telemetry.metrics(), ...telemetry.health(false), telemetry.instanceStatus()]);
    timer = clock.after(publishEveryMs, tick);
  };
  const unsubscribe = options.tasks.subscribe((change) => {
    if (connection && change.type === 'container' && change.container.health) publish(telemetry.health(true));
  });

  const session = startSession({
    name: 'tcs',
    backoff: { firstMs: 1_000, maxMs: 60_000, factor: 2, jitter: 0.2 },
    signer: options.signer,
    ...(options.connect ? { connect: options.connect } : {}),
    clock,
    random: options.random,
    logger,
    url: async () =>
      sessionUrl((await options.endpoints.get()).tcs, {
        agentHash: options.agentHash,
        agentVersion: options.agentVersion,
        cluster: options.cluster,
        containerInstance: options.containerInstanceArn,
        dockerVersion: options.engineVersion,
      }),
    onOpen: (send, url) => {
      connection = { send, url };
      tick();
    },
    onMessage: () => {},
    onClose: () => {
      connection = undefined;
      timer?.cancel();
    },
    onConnectFailed: () => options.endpoints.forget(),
  });
  return {
    close() {
      unsubscribe();
      timer?.cancel();
      session.close();
    },
  };
}

/** `x-amz-date` → `X-Amz-Date`. */
const headerName = (name: string): string =>
  name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
