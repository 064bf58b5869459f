/**
 * The control plane's side of the agent link: websockets at /acs/ws (work) and /tcs/ws (telemetry), spoken as the
 * official agent speaks them; docs/agent-protocol.md is the specification.
 *
 * - What agents are told comes from the store and only when it is durable: the room hangs on the 'durable' change feed.
 * - Level-triggered: a new connection hears the whole truth again, so a lost message, a crash on either side or a
 *   replaced connection costs a repetition and nothing else.
 * - One connection per instance and kind: a newer one takes the place of the older.
 * - `agentConnected` says that an ACS connection is open in this process; all are disconnected when the process starts.
 * - It never decides what shall run. It writes connection state, sequence numbers, acknowledgements and health. One
 *   exception: a task for which the protocol has no words is stopped here, as failed to start.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ContainerInstanceArn } from '#model/arn.ts';
import { type ChangeSet, changeOf, type Tx } from '#store/store.ts';
import { containerInstances, tasks } from '#store/tables.ts';
import { AcsSession } from './acs-session.ts';
import { closeGoingAway, closeNormal } from './connection.ts';
import type { AcsDeps } from './deps.ts';
import { answerRefusal, type Opening, openingOf, type Refusal } from './handshake.ts';
import { TcsSession } from './tcs-session.ts';

export interface Acs {
  /** For the HTTP server's `upgrade` event: takes over the socket in every case. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Says goodbye to every agent (1001: come back at once) and accepts none any more. */
  close(): Promise<void>;
}

/** Agents send at most 1 MiB; a larger frame ends the connection. */
const maxFrameBytes = 2 * 1024 * 1024;
/** How long agents have to answer the closing frame. */
const closeWaitMs = 1_000;

interface Session {
  readonly arn: ContainerInstanceArn;
  close(code: number, reason: string): void;
  terminate(): void;
}

export function createAcs(deps: AcsDeps): Acs {
  const { store, clock, logger } = deps;
  const server = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false });
  const acsSessions = new Map<string, AcsSession>();
  const tcsSessions = new Map<string, TcsSession>();
  let closing = false;

  const setConnected = (tx: Tx, arn: string, connected: boolean, versionInfo: Opening['versionInfo'] = {}) => {
    const row = tx.get(containerInstances, arn);
    const known = row && { ...row.versionInfo, ...versionInfo };
    if (!row || (row.agentConnected === connected && JSON.stringify(known) === JSON.stringify(row.versionInfo))) return;
    tx.put(containerInstances, {
      ...row,
      agentConnected: connected,
      agentConnectionChangedAt: row.agentConnected === connected ? row.agentConnectionChangedAt : clock.now(),
      versionInfo: { ...row.versionInfo, ...versionInfo },
      version: row.version + 1,
    });
  };

  /** Makes `session` the one of its instance; the older, if any, is told to go. */
  const enter = <S extends Session>(sessions: Map<string, S>, session: S) => {
    const older = sessions.get(session.arn);
    sessions.set(session.arn, session);
    older?.close(closeNormal, 'Replaced by a newer connection');
  };

  const openAcs = (opening: Opening, socket: WebSocket) => {
    const { arn } = opening.instance;
    store.transact((tx) => setConnected(tx, arn, true, opening.versionInfo));
    const session = new AcsSession(deps, opening.instance, socket, (ended) => {
      if (acsSessions.get(arn) !== ended) return;
      acsSessions.delete(arn);
      logger.info('an agent has disconnected', { containerInstanceArn: arn });
      if (!closing) store.transact((tx) => setConnected(tx, arn, false));
    });
    enter(acsSessions, session);
    logger.info('an agent has connected', { containerInstanceArn: arn, ...opening.versionInfo });
  };

  const openTcs = (opening: Opening, socket: WebSocket) => {
    const session = new TcsSession(deps, opening.instance, opening, socket, (ended) => {
      if (tcsSessions.get(ended.arn) === ended) tcsSessions.delete(ended.arn);
    });
    enter(tcsSessions, session);
  };

  const onDurable = ({ changes }: ChangeSet) => {
    for (const change of changes) {
      const task = changeOf(tasks, change);
      if (task) {
        const { before, after, key } = task;
        const session = acsSessions.get((after ?? before)?.containerInstanceArn ?? '');
        if (!after) session?.taskGone(key);
        else if (before?.desiredStatus !== after.desiredStatus || after.lastStatus === 'STOPPED')
          session?.taskChanged(after);
      }
      const instance = changeOf(containerInstances, change);
      if (instance && (!instance.after || instance.after.status === 'INACTIVE')) {
        acsSessions.get(instance.key)?.close(closeNormal, 'Container instance was deregistered');
        tcsSessions.get(instance.key)?.close(closeNormal, 'Container instance was deregistered');
      }
    }
  };

  store.transact((tx) => {
    for (const row of [...tx.all(containerInstances)]) setConnected(tx, row.arn, false);
  });
  const unsubscribe = store.subscribe('durable', onDurable);

  return {
    handleUpgrade(request, socket, head) {
      socket.on('error', (error) => logger.debug('an agent went away while connecting', { error }));
      if (closing) {
        answerRefusal(socket, { status: 500, type: 'ServerException', message: 'The control plane is shutting down.' });
        return;
      }
      let opening: Opening | Refusal;
      try {
        opening = openingOf(deps, request);
      } catch (error) {
        logger.error('the opening of an agent connection failed', { error });
        opening = { status: 500, type: 'ServerException', message: 'Internal failure.' };
      }
      if ('type' in opening) {
        logger.info('an agent was refused', { path: request.url?.split('?')[0], reason: opening.message });
        answerRefusal(socket, opening);
        return;
      }
      server.handleUpgrade(request, socket, head, (websocket) =>
        opening.kind === 'acs' ? openAcs(opening, websocket) : openTcs(opening, websocket),
      );
    },
    async close() {
      closing = true;
      unsubscribe();
      const sockets = [...server.clients];
      const ended = sockets.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())));
      for (const session of [...acsSessions.values(), ...tcsSessions.values()]) {
        session.close(closeGoingAway, 'The control plane is shutting down');
      }
      const timer = clock.after(closeWaitMs, () => {
        for (const socket of sockets) socket.terminate();
      });
      await Promise.all(ended);
      timer.cancel();
      server.close();
    },
  };
}
