/**
 * The control plane's side of the agent link: websockets at /acs/ws (work) and /tcs/ws (telemetry), spoken as the
 * official agent speaks them; docs/agent-protocol.md is the specification.
 *
 * - What agents are told comes from the store and only when it is durable: the room hangs on the 'durable' change feed.
 * - Level-triggered: a new connection hears the whole truth again, so a lost message, a crash on either side or a
 *   replaced connection costs a repetition and nothing else.
 * - One connection per instance and kind: a newer one takes the place of the older.
 * - `agentConnected` says that an ACS connection is open in this process; all are disconnected when the process starts.
 * - It never decides what shall run. It writes connection state, sequence numbers and health. One exception: a task for
 *   which the protocol has no words is stopped here, as failed to start.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ContainerInstanceArn } from '#model/arn.ts';
import type { TaskRow } from '#model/rows.ts';
import { type ChangeSet, changeOf, type Tx } from '#store/store.ts';
import { containerInstances, tasks } from '#store/tables/ecs.ts';
import { AcsSession } from './acs-session.ts';
import { closeGoingAway, closeNormal } from './connection.ts';
import type { AcsDeps } from './deps.ts';
import { answerRefusal, type Opening, type OpeningRequest, openingOf, type Refusal } from './handshake.ts';
import { TcsSession } from './tcs-session.ts';

export interface Acs {
  /** For the HTTP server's `upgrade` event: takes over the socket in every case. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The same for a websocket that something else carries (simulations): `open` is called when the agent is let in. */
  accept(request: OpeningRequest, open: () => WebSocket): Refusal | undefined;
  /** Says goodbye to every agent (1001: come back at once) and accepts none any more. */
  close(): Promise<void>;
}

/** Agents send at most 1 MiB; a larger frame ends the connection. */
const maxFrameBytes = 2 * 1024 * 1024;
/** How long agents have to answer the closing frame. */
const closeWaitMs = 1_000;

const serverException = (message: string): Refusal => ({ status: 500, type: 'ServerException', message });

interface Session {
  readonly arn: ContainerInstanceArn;
  close(code: number, reason: string): void;
}

/** Makes `session` the one of its instance; the older, if any, is told to go. */
function enter<S extends Session>(sessions: Map<string, S>, session: S): void {
  const older = sessions.get(session.arn);
  sessions.set(session.arn, session);
  older?.close(closeNormal, 'Replaced by a newer connection');
}

export const createAcs = (deps: AcsDeps): Acs => new AgentLink(deps);

class AgentLink implements Acs {
  readonly #deps: AcsDeps;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false });
  readonly #acsSessions = new Map<string, AcsSession>();
  readonly #tcsSessions = new Map<string, TcsSession>();
  readonly #unsubscribe: () => void;
  #closing = false;

  constructor(deps: AcsDeps) {
    this.#deps = deps;
    deps.store.transact((tx) => {
      for (const row of [...tx.all(containerInstances)]) this.#setConnected(tx, row.arn, false);
    });
    this.#unsubscribe = deps.store.subscribe('durable', (set) => this.#onDurable(set));
  }

  readonly handleUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const { logger } = this.#deps;
    socket.on('error', (error) => logger.debug('an agent went away while connecting', { error }));
    const opening = this.#opening(request);
    if ('type' in opening) {
      logger.info('an agent was refused', { path: request.url?.split('?')[0], reason: opening.message });
      answerRefusal(socket, opening);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (websocket) => this.#open(opening, websocket));
  };

  accept(request: OpeningRequest, open: () => WebSocket): Refusal | undefined {
    const opening = this.#opening(request);
    if ('type' in opening) return opening;
    this.#open(opening, open());
    return undefined;
  }

  #open(opening: Opening, websocket: WebSocket): void {
    if (opening.kind === 'acs') this.#openAcs(opening, websocket);
    else this.#openTcs(opening, websocket);
  }

  #opening(request: OpeningRequest): Opening | Refusal {
    if (this.#closing) return serverException('The control plane is shutting down.');
    try {
      return openingOf(this.#deps, request);
    } catch (error) {
      this.#deps.logger.error('the opening of an agent connection failed', { error });
      return serverException('Internal failure.');
    }
  }

  #setConnected(tx: Tx, arn: string, connected: boolean, versionInfo: Opening['versionInfo'] = {}): void {
    const row = tx.get(containerInstances, arn);
    if (!row) return;
    const versions = { ...row.versionInfo, ...versionInfo };
    const changed = row.agentConnected !== connected;
    if (!changed && JSON.stringify(versions) === JSON.stringify(row.versionInfo)) return;
    tx.put(containerInstances, {
      ...row,
      agentConnected: connected,
      agentConnectionChangedAt: changed ? this.#deps.clock.now() : row.agentConnectionChangedAt,
      versionInfo: versions,
      version: row.version + 1,
    });
  }

  #openAcs(opening: Opening, socket: WebSocket): void {
    const { store, logger } = this.#deps;
    const { arn } = opening.instance;
    store.transact((tx) => this.#setConnected(tx, arn, true, opening.versionInfo));
    const session = new AcsSession(this.#deps, opening, socket, (ended) => {
      if (this.#acsSessions.get(arn) !== ended) return;
      this.#acsSessions.delete(arn);
      logger.info('an agent has disconnected', { containerInstanceArn: arn });
      if (!this.#closing) store.transact((tx) => this.#setConnected(tx, arn, false));
    });
    enter(this.#acsSessions, session);
    logger.info('an agent has connected', { containerInstanceArn: arn, ...opening.versionInfo });
  }

  #openTcs(opening: Opening, socket: WebSocket): void {
    const session = new TcsSession(this.#deps, opening.instance, opening, socket, (ended) => {
      if (this.#tcsSessions.get(ended.arn) === ended) this.#tcsSessions.delete(ended.arn);
    });
    enter(this.#tcsSessions, session);
  }

  #onDurable({ changes }: ChangeSet): void {
    for (const change of changes) {
      const task = changeOf(tasks, change);
      if (task) this.#taskChanged(task.key, task.before, task.after);
      const instance = changeOf(containerInstances, change);
      if (instance && (!instance.after || instance.after.status === 'INACTIVE')) {
        this.#acsSessions.get(instance.key)?.close(closeNormal, 'Container instance was deregistered');
        this.#tcsSessions.get(instance.key)?.close(closeNormal, 'Container instance was deregistered');
      }
    }
  }

  #taskChanged(arn: string, before: TaskRow | undefined, after: TaskRow | undefined): void {
    const session = this.#acsSessions.get((after ?? before)?.containerInstanceArn ?? '');
    if (!session) return;
    if (!after) session.taskGone(arn);
    else if (before?.desiredStatus !== after.desiredStatus || after.lastStatus === 'STOPPED')
      session.taskChanged(after);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#unsubscribe();
    const sockets = [...this.#server.clients];
    const ended = sockets.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())));
    for (const session of [...this.#acsSessions.values(), ...this.#tcsSessions.values()]) {
      session.close(closeGoingAway, 'The control plane is shutting down');
    }
    const timer = this.#deps.clock.after(closeWaitMs, () => {
      for (const socket of sockets) socket.terminate();
    });
    await Promise.all(ended);
    timer.cancel();
    this.#server.close();
  }
}
