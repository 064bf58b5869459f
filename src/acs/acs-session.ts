/**
 * One agent's ACS connection. On opening it hears the whole truth: a manifest of every task that is bound to its
 * instance, then a payload for each; from then on what changes. Nothing is assumed of what earlier connections said,
 * and agents take a repeated payload for what it is.
 *
 * - One task per payload: agents do not acknowledge a message of which one task is invalid.
 * - Numbers come from Sequence, the facts from durable changes only (acs.ts), deliveries from Outbox.
 * - A delivery ends with its acknowledgement, or with the task's STOPPED report. An acknowledgement is remembered as long as
 *   its connection: the next one tells everything again.
 * - A task that has roles carries their credentials; role-credentials.ts says when they are renewed. They are made when a
 *   message is, so that none wait in memory.
 */
import type { WebSocket } from 'ws';
import { heldRegistryOfImage } from '#images/registry-of-image.ts';
import { type Backoff, backoffMs } from '#lib/backoff.ts';
import type { Timer } from '#lib/clock.ts';
import { uuid } from '#lib/ids.ts';
import type { Logger } from '#lib/logger.ts';
import type { AcsServerMessage, AgentTask, TaskManifestMessage } from '#model/agent-messages.ts';
import type { ContainerInstanceArn } from '#model/arn.ts';
import type { ContainerInstanceRow, TaskDefinitionRow, TaskRow } from '#model/rows.ts';
import { applyReport, requestStop } from '#model/task-transition.ts';
import { taskDefinitions, tasks } from '#store/tables/ecs.ts';
import { type AcsMessage, parseAcsMessage } from './agent-message.ts';
import { manifestProblem, taskProblem } from './check.ts';
import { Connection } from './connection.ts';
import type { AcsDeps } from './deps.ts';
import { type Delivery, Outbox } from './outbox.ts';
import { stopPayload, taskPayload, unsupportedIn } from './payload.ts';
import { type PayloadCredentials, RoleCredentialsBook } from './role-credentials.ts';
import { Sequence } from './sequence.ts';

/** Three heartbeats without a word: a host that lost its network is noticed within 80 seconds. */
const silenceMs = 60_000;
/** Unacknowledged payloads on their way at a time. Higher floods an agent that starts anew; lower waits on round trips. */
const windowSize = 32;
/** An agent acknowledges as soon as it has saved the task; what is invalid it never acknowledges. */
const resend: Backoff = { firstMs: 15_000, maxMs: 120_000, factor: 2, jitter: 0 };
const resendCheckMs = 5_000;

export interface AcsPeer {
  readonly instance: ContainerInstanceRow;
  /** Base URL by which the agent reaches us. */
  readonly endpoint: string;
}

/** What the protocol has no words for. */
const unsendable = (problem: string) => `ResourceInitializationError: ${problem}`;

export class AcsSession {
  readonly arn: ContainerInstanceArn;
  readonly #deps: AcsDeps;
  readonly #clusterArn: string;
  readonly #endpoint: string;
  readonly #logger: Logger;
  readonly #connection: Connection;
  readonly #credentials: RoleCredentialsBook;
  readonly #outbox: Outbox;
  readonly #sequence: Sequence;
  readonly #snapshot: readonly TaskRow[];
  #manifestId: string | undefined;
  #resendTimer: Timer | undefined;

  constructor(
    deps: AcsDeps,
    { instance, endpoint }: AcsPeer,
    socket: WebSocket,
    onClose: (session: AcsSession) => void,
  ) {
    this.arn = instance.arn;
    this.#deps = deps;
    this.#clusterArn = instance.clusterArn;
    this.#endpoint = endpoint;
    this.#logger = deps.logger.with({ containerInstanceArn: instance.arn });
    this.#credentials = new RoleCredentialsBook({ roles: deps.roles, clock: deps.clock, logger: this.#logger });
    this.#outbox = new Outbox(() => uuid(deps.random));
    this.#snapshot = [...deps.store.find(tasks, 'liveByContainerInstance', instance.arn)];
    for (const task of this.#snapshot) this.#outbox.want(task.arn, task.desiredStatus);
    this.#connection = new Connection({
      socket,
      clock: deps.clock,
      random: deps.random,
      silenceMs,
      heartbeat: () => ({ type: 'HeartbeatMessage', message: { messageId: uuid(deps.random), healthy: true } }),
      onMessage: (text) => this.#onMessage(text),
      onError: (error) => this.#logger.warn('the ACS connection failed', { error }),
      onClose: () => {
        this.#resendTimer?.cancel();
        onClose(this);
      },
    });
    this.#sequence = new Sequence(deps.store, instance.arn, () => this.#pump());
    // The first number is there when all that was committed up to here, the snapshot included, is durable.
    this.#sequence.reserve();
    this.#scheduleResend();
  }

  /** A durable change of one of the instance's tasks. */
  taskChanged(task: TaskRow): void {
    if (task.lastStatus === 'STOPPED') {
      this.taskGone(task.arn);
      return;
    }
    this.#outbox.want(task.arn, task.desiredStatus);
    this.#pump();
  }

  /** It has stopped, or is no more. */
  taskGone(taskArn: string): void {
    this.#credentials.forget(taskArn);
    this.#outbox.drop(taskArn);
    this.#pump();
  }

  close(code: number, reason: string): void {
    this.#connection.close(code, reason);
  }

  #scheduleResend(): void {
    this.#resendTimer = this.#deps.clock.after(resendCheckMs, () => {
      this.#outbox.requeue(this.#deps.clock.now(), (sendings) => backoffMs(resend, sendings));
      this.#pump();
      this.#renewCredentials();
      this.#scheduleResend();
    });
  }

  #renewCredentials(): void {
    if (!this.#connection.open) return;
    const { store, random } = this.#deps;
    const find = (taskArn: string) => {
      const task = store.get(tasks, taskArn);
      const definition = task && store.get(taskDefinitions, task.taskDefinitionArn);
      return task && definition && { task, definition };
    };
    for (const renewal of this.#credentials.renewals(find)) {
      this.#send({ type: 'IAMRoleCredentialsMessage', message: { messageId: uuid(random), ...renewal } });
    }
  }

  #send(envelope: AcsServerMessage): void {
    this.#connection.send(envelope);
  }

  #pump(): void {
    if (!this.#connection.open) return;
    if (this.#manifestId === undefined && !this.#sendManifest()) return;
    while (this.#outbox.inFlight < windowSize) {
      const delivery = this.#outbox.next();
      if (!delivery) return;
      const task = this.#taskOf(delivery);
      if (!task) {
        this.#outbox.drop(delivery.taskArn);
        continue;
      }
      const sequence = this.#sequence.take();
      if (sequence === undefined) return;
      this.#outbox.sent(delivery, sequence, this.#deps.clock.now());
      const message = { ...this.#address(delivery.messageId), seqNum: sequence, tasks: [task] };
      this.#send({ type: 'PayloadMessage', message });
    }
  }

  #address(messageId: string) {
    const generatedAt = this.#deps.clock.now();
    return { messageId, clusterArn: this.#clusterArn, containerInstanceArn: this.arn, generatedAt };
  }

  #sendManifest(): boolean {
    const timeline = this.#sequence.take();
    if (timeline === undefined) return false;
    this.#manifestId = uuid(this.#deps.random);
    const message: TaskManifestMessage = {
      ...this.#address(this.#manifestId),
      timeline,
      tasks: this.#snapshot.map((task) => ({
        taskArn: task.arn,
        taskClusterArn: task.clusterArn,
        desiredStatus: task.desiredStatus,
      })),
    };
    const problem = manifestProblem(message);
    if (problem) this.#logger.error('a task manifest was not sent', { problem });
    else this.#send({ type: 'TaskManifestMessage', message });
    return true;
  }

  #isOwnHost = (host: string): boolean =>
    host === new URL(this.#endpoint).host || this.#deps.isOwnHost?.(host) === true;

  /** What a delivery carries; undefined when there is nothing (more) to say about the task. */
  #taskOf(delivery: Delivery): AgentTask | undefined {
    if (delivery.wanted === 'STOPPED') return stopPayload(delivery.taskArn);
    const { store } = this.#deps;
    const row = store.get(tasks, delivery.taskArn);
    if (!row || row.lastStatus === 'STOPPED' || row.containerInstanceArn !== this.arn) return undefined;
    const definition = store.get(taskDefinitions, row.taskDefinitionArn);
    if (!definition) return this.#refuse(row, unsendable(`task definition ${row.taskDefinitionArn} is gone`));
    const unsupported = unsupportedIn(definition);
    if (unsupported) return this.#refuse(row, unsendable(unsupported));
    const credentials = this.#credentialsFor(row, definition, delivery);
    if (!credentials) return undefined;
    const registryOf = (image: string) => heldRegistryOfImage(store, image, row, this.#isOwnHost);
    const task: AgentTask = { ...taskPayload(row, definition, this.#endpoint, registryOf), ...credentials };
    const problem = taskProblem(task);
    return problem ? this.#refuse(row, unsendable(problem)) : task;
  }

  /**
   * Credentials of the task's roles. One that cannot be assumed ends a task that has not started: at once when the agent
   * has never heard of it, else through the agent, which may be at it. What runs goes on with the credentials that it has.
   */
  #credentialsFor(row: TaskRow, definition: TaskDefinitionRow, delivery: Delivery): PayloadCredentials | undefined {
    const made = this.#credentials.forPayload(row, definition);
    if (!('refused' in made)) return made;
    if (row.startedAt !== undefined) {
      this.#logger.warn('a running task gets no new credentials', { taskArn: row.arn, reason: made.refused });
      return {};
    }
    const isNew = delivery.sendings === 0 && !this.#snapshot.some((one) => one.arn === row.arn);
    if (isNew) return this.#refuse(row, made.refused);
    const stop = { stopCode: 'TaskFailedToStart', reason: made.refused, nowMs: this.#deps.clock.now() } as const;
    this.#deps.store.transact((tx) => tx.put(tasks, requestStop(row, stop)));
    return undefined;
  }

  /** It has failed to start: the agent never hears of it. */
  #refuse(row: TaskRow, reason: string): undefined {
    this.#logger.error('a task cannot be sent to its agent', { taskArn: row.arn, reason });
    const report = { status: 'STOPPED', reason, containers: [] };
    this.#deps.store.transact((tx) => tx.put(tasks, applyReport(row, report, this.#deps.clock.now())));
    return undefined;
  }

  #onMessage(text: string): void {
    const message = parseAcsMessage(text);
    if (!message) {
      this.#logger.warn('a message of the agent was not understood', { start: text.slice(0, 200) });
      return;
    }
    this.#handle(message);
  }

  #handle(envelope: AcsMessage): void {
    const { message, type } = envelope;
    switch (type) {
      case 'AckRequest':
        if (this.#outbox.acknowledge(message.messageId)) this.#pump();
        return;
      case 'NackRequest':
        this.#logger.warn('the agent refused a message', { messageId: message.messageId, reason: message.reason });
        return;
      case 'TaskStopVerificationMessage':
        this.#verifyStops(message.messageId, message.stopCandidates);
        return;
      case 'IAMRoleCredentialsAckRequest':
        this.#credentials.acknowledge(message.credentialsId, message.expiration);
        return;
      case 'HeartbeatAckRequest':
        return;
    }
  }

  /** Of the tasks that the agent would stop for want of being in the manifest: those that really shall not run here. */
  #verifyStops(
    messageId: string,
    candidates: readonly { readonly taskArn: string; readonly taskClusterArn: string }[],
  ): void {
    const { store, clock } = this.#deps;
    const stopTasks = candidates
      .filter(({ taskArn }) => {
        const row = store.get(tasks, taskArn);
        return !row || row.desiredStatus === 'STOPPED' || row.containerInstanceArn !== this.arn;
      })
      .map(({ taskArn, taskClusterArn }) => ({ taskArn, taskClusterArn, desiredStatus: 'STOPPED' as const }));
    if (messageId !== this.#manifestId) {
      this.#logger.warn('stops were to be verified of a manifest that is not the newest', { messageId });
      return;
    }
    if (stopTasks.length > 0) this.#logger.info('tasks that are not wanted are stopped', { stopTasks });
    this.#send({ type: 'TaskStopVerificationAck', message: { messageId, generatedAt: clock.now(), stopTasks } });
  }
}
