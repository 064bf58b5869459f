/**
 * One agent's TCS connection. Every request is acknowledged; what it says goes into the store (health of containers and
 * of the container runtime) or to the metrics sink. Frames are signed one by one; one that is not, or not by the
 * account of the connection, ends the connection.
 */
import type { WebSocket } from 'ws';
import type { Logger } from '#lib/logger.ts';
import type {
  PublishHealthRequest,
  PublishInstanceStatusRequest,
  TcsAgentMessage,
  TcsServerMessage,
} from '#model/agent-messages.ts';
import type { ContainerInstanceArn } from '#model/arn.ts';
import type { ContainerInstanceRow } from '#model/rows.ts';
import { applyHealth } from '#model/task-transition.ts';
import { AuthError } from '#protocol/errors.ts';
import { containerInstances, tasks } from '#store/tables/ecs.ts';
import { parseTcsMessage } from './agent-message.ts';
import { Connection } from './connection.ts';
import type { AcsDeps } from './deps.ts';
import { parseTcsFrame, type TcsFrame } from './tcs-frame.ts';

/** Agents publish every 20 seconds, but nothing here asks them to: longer than ACS's, shorter than their own 3 minutes. */
const silenceMs = 150_000;
/** An unchanged runtime status is written again only when the row's time is older: at most a row a minute. */
const statusRefreshMs = 60_000;

const policyViolation = 1008;

const ackTypes = {
  PublishMetricsRequest: 'AckPublishMetric',
  PublishHealthRequest: 'AckPublishHealth',
  PublishInstanceStatusRequest: 'AckPublishInstanceStatus',
} as const;

export interface TcsPeer {
  readonly account: string;
  /** Path and query of the connection's URL: frames sign them. */
  readonly path: string;
  readonly query: string;
}

export class TcsSession {
  readonly arn: ContainerInstanceArn;
  readonly #deps: AcsDeps;
  readonly #peer: TcsPeer;
  readonly #logger: Logger;
  readonly #connection: Connection;

  constructor(
    deps: AcsDeps,
    instance: ContainerInstanceRow,
    peer: TcsPeer,
    socket: WebSocket,
    onClose: (session: TcsSession) => void,
  ) {
    this.arn = instance.arn;
    this.#deps = deps;
    this.#peer = peer;
    this.#logger = deps.logger.with({ containerInstanceArn: instance.arn });
    this.#connection = new Connection({
      socket,
      clock: deps.clock,
      random: deps.random,
      silenceMs,
      heartbeat: () => ({ type: 'HeartbeatMessage', message: { healthy: true } }),
      onMessage: (text) => this.#onFrame(text),
      onError: (error) => this.#logger.warn('the TCS connection failed', { error }),
      onClose: () => onClose(this),
    });
  }

  close(code: number, reason: string): void {
    this.#connection.close(code, reason);
  }

  #onFrame(text: string): void {
    const frame = parseTcsFrame(text);
    const refusal = frame ? this.#refusal(frame) : 'the frame has no header block';
    if (!frame || refusal) {
      this.#logger.warn('a telemetry frame was refused', { refusal });
      this.#connection.close(policyViolation, 'The frame is not signed by the agent.');
      return;
    }
    const message = parseTcsMessage(frame.body);
    if (!message) {
      this.#logger.warn('a telemetry message was not understood', { start: frame.body.slice(0, 200) });
      return;
    }
    this.#handle(message);
    const ack = { type: ackTypes[message.type], message: { message: 'Success' } } satisfies TcsServerMessage;
    this.#connection.send(ack);
  }

  #refusal({ headers, body }: TcsFrame): string | undefined {
    const { path, query, account } = this.#peer;
    try {
      const identity = this.#deps.authenticate({ method: 'GET', path, query, headers, body: Buffer.from(body) }, 'ecs');
      return identity.principal.account === account ? undefined : 'it is signed by another account';
    } catch (error) {
      if (error instanceof AuthError) return error.message;
      throw error;
    }
  }

  #handle(envelope: TcsAgentMessage): void {
    switch (envelope.type) {
      case 'PublishHealthRequest':
        this.#applyHealth(envelope.message);
        return;
      case 'PublishInstanceStatusRequest':
        this.#applyStatus(envelope.message);
        return;
      case 'PublishMetricsRequest':
        this.#deps.onMetrics?.(this.arn, envelope.message);
        return;
    }
  }

  #applyHealth(request: PublishHealthRequest): void {
    const rows = request.tasks.flatMap((health) => {
      const row = this.#deps.store.get(tasks, health.taskArn);
      if (!row || row.containerInstanceArn !== this.arn) return [];
      const next = applyHealth(row, health.containers);
      return next === row ? [] : [next];
    });
    if (rows.length === 0) return;
    this.#deps.store.transact((tx) => {
      for (const row of rows) tx.put(tasks, row);
    });
  }

  #applyStatus(request: PublishInstanceStatusRequest): void {
    const status = request.statuses[0]?.status;
    const row = this.#deps.store.get(containerInstances, this.arn);
    if (!status || !row) return;
    const nowMs = this.#deps.clock.now();
    const changed = status !== row.containerRuntimeStatus;
    if (!changed && nowMs - (row.containerRuntimeStatusAt ?? 0) < statusRefreshMs) return;
    this.#deps.store.transact((tx) =>
      tx.put(containerInstances, {
        ...row,
        containerRuntimeStatus: status,
        containerRuntimeStatusAt: nowMs,
        containerRuntimeStatusChangedAt: changed ? nowMs : row.containerRuntimeStatusChangedAt,
        version: changed ? row.version + 1 : row.version,
      }),
    );
  }
}
