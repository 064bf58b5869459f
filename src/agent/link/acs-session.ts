import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type {
  AcsAgentMessage,
  AcsServerMessage,
  Envelope,
  IAMRoleCredentialsMessage,
  PayloadMessage,
  RoleCredentials,
  TaskManifestMessage,
  TaskStopVerificationAck,
} from '#model/agent-messages.ts';
import type { AgentState } from '../state/agent-state.ts';
import type { TaskEngine } from '../task-engine/task-engine.ts';
import { type PollEndpoints, sessionUrl } from './poll-endpoint.ts';
import type { LinkSigner } from './signing.ts';
import { type ConnectSocket, type Session, startSession } from './websocket-session.ts';

/**
 * The work channel. Server messages are carried out in order and answered as docs/agent-protocol.md says: a payload is
 * acknowledged when its tasks are written down. Payloads and manifests share one counter: a manifest that is not newer
 * than everything seen is ignored without an answer.
 */
export interface AcsSessionOptions {
  readonly cluster: string;
  readonly containerInstanceArn: string;
  readonly agentVersion: string;
  readonly agentHash: string;
  readonly engineVersion: string;
  readonly endpoints: PollEndpoints;
  readonly signer: LinkSigner;
  readonly connect?: ConnectSocket;
  readonly tasks: TaskEngine;
  readonly state: AgentState;
  /** A heartbeat came: a good moment to look after the instance's own health. */
  readonly onHeartbeat: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

type Send = (message: AcsAgentMessage) => void;

export class AcsMessages {
  readonly #options: AcsSessionOptions;
  /** Manifests whose stop candidates are being verified. */
  #verifying: string | undefined;

  constructor(options: AcsSessionOptions) {
    this.#options = options;
  }

  handle(envelope: Envelope, send: Send): void {
    const known = envelope as AcsServerMessage;
    switch (known.type) {
      case 'HeartbeatMessage':
        send({ type: 'HeartbeatAckRequest', message: { messageId: known.message.messageId } });
        this.#options.onHeartbeat();
        return;
      case 'PayloadMessage':
        this.#payload(known.message, send);
        return;
      case 'TaskManifestMessage':
        this.#manifest(known.message, send);
        return;
      case 'TaskStopVerificationAck':
        this.#stopVerified(known.message);
        return;
      case 'IAMRoleCredentialsMessage':
        this.#credentials(known.message, send);
        return;
      default:
        this.#other(envelope, send);
    }
  }

  #ack(messageId: string): AcsAgentMessage {
    const { cluster, containerInstanceArn } = this.#options;
    return { type: 'AckRequest', message: { cluster, containerInstance: containerInstanceArn, messageId } };
  }

  get #sequence(): number {
    return Number(this.#options.state.get('sequence') ?? -1);
  }

  #payload(message: PayloadMessage, send: Send): void {
    const { logger, state, tasks } = this.#options;
    if (!message.messageId || !Array.isArray(message.tasks) || message.tasks.some((task) => !task.arn)) {
      logger.warn('payload without an id, tasks or their ARNs; dropped', { messageId: message.messageId });
      return;
    }
    const stopsFirst = [...message.tasks].sort(
      (a, b) => Number(b.desiredStatus === 'STOPPED') - Number(a.desiredStatus === 'STOPPED'),
    );
    for (const task of stopsFirst) {
      logger.info('payload', { taskArn: task.arn, desiredStatus: task.desiredStatus, seqNum: message.seqNum });
      tasks.accept(task);
    }
    if (message.seqNum > this.#sequence) state.set('sequence', String(message.seqNum));
    send(this.#ack(message.messageId));
    for (const task of message.tasks) {
      for (const credentials of [task.roleCredentials, task.executionRoleCredentials]) {
        if (credentials) this.#ackCredentials(message.messageId, credentials, send);
      }
    }
  }

  #manifest(message: TaskManifestMessage, send: Send): void {
    const { logger, state, tasks } = this.#options;
    if (!(message.timeline > this.#sequence)) {
      logger.debug('manifest is not newer; ignored', { timeline: message.timeline, sequence: this.#sequence });
      return;
    }
    state.set('sequence', String(message.timeline));
    send(this.#ack(message.messageId));
    const wanted = new Set(
      message.tasks.filter((entry) => entry.desiredStatus === 'RUNNING').map((entry) => entry.taskArn),
    );
    const stopCandidates = tasks.tasks
      .list()
      .filter((task) => task.desiredStatus === 'RUNNING' && !wanted.has(task.arn))
      .map((task) => ({ taskArn: task.arn, taskClusterArn: message.clusterArn, desiredStatus: 'STOPPED' as const }));
    if (!stopCandidates.length) return;
    this.#verifying = message.messageId;
    send({ type: 'TaskStopVerificationMessage', message: { messageId: message.messageId, stopCandidates } });
  }

  #stopVerified(message: TaskStopVerificationAck): void {
    if (message.messageId !== this.#verifying) return;
    this.#verifying = undefined;
    for (const { taskArn } of message.stopTasks) {
      this.#options.logger.info('stopping a task that is not in the manifest', { taskArn });
      this.#options.tasks.stop(taskArn);
    }
  }

  #credentials(message: IAMRoleCredentialsMessage, send: Send): void {
    const { logger, tasks } = this.#options;
    if (!tasks.tasks.byArn(message.taskArn)) {
      logger.error('credentials for a task that is not here', { taskArn: message.taskArn });
      return;
    }
    tasks.putCredentials(message.taskArn, message.roleType, message.roleCredentials);
    this.#ackCredentials(message.messageId, message.roleCredentials, send);
  }

  #ackCredentials(messageId: string, credentials: RoleCredentials, send: Send): void {
    const { credentialsId, expiration } = credentials;
    send({ type: 'IAMRoleCredentialsAckRequest', message: { messageId, credentialsId, expiration } });
  }

  #other(envelope: Envelope, send: Send): void {
    const { logger, cluster, containerInstanceArn } = this.#options;
    logger.warn('message of a kind that this agent does not handle', { type: envelope.type });
    const { messageId } = envelope.message as { messageId?: string };
    const isUpdate = envelope.type === 'StageUpdateMessage' || envelope.type === 'PerformUpdateMessage';
    if (!isUpdate || !messageId) return;
    const message = { cluster, containerInstance: containerInstanceArn, messageId, reason: 'Updates are disabled' };
    send({ type: 'NackRequest', message });
  }
}

export function startAcsSession(options: AcsSessionOptions): Session {
  const messages = new AcsMessages(options);
  let sendText: (text: string) => void = () => {};
  let hasConnected = false;
  return startSession({
    name: 'acs',
    backoff: { firstMs: 250, maxMs: 120_000, factor: 1.5, jitter: 0.2 },
    signer: options.signer,
    ...(options.connect ? { connect: options.connect } : {}),
    clock: options.clock,
    random: options.random,
    logger: options.logger,
    url: async () =>
      sessionUrl((await options.endpoints.get()).acs, {
        agentHash: options.agentHash,
        agentVersion: options.agentVersion,
        clusterArn: options.cluster,
        containerInstanceArn: options.containerInstanceArn,
        dockerVersion: `DockerVersion: ${options.engineVersion}`,
        protocolVersion: '2',
        sendCredentials: String(!hasConnected),
        seqNum: '1',
      }),
    onOpen: (send) => {
      hasConnected = true;
      sendText = send;
    },
    onMessage: (envelope) => messages.handle(envelope, (message) => sendText(JSON.stringify(message))),
    onConnectFailed: () => options.endpoints.forget(),
  });
}
