/**
 * Container instances and their agents inside the measuring process, without containers: each has a real AcsSession of the control
 * plane at the other end of a socket in memory, reads real payloads, acknowledges them, and reports through the real
 * SubmitTaskStateChange operation. Left out, because the machine that is measured would spend most of its time as the client: TCP,
 * websocket frames, HTTP and signatures of the agents' calls, and the few lines of acs.ts that hand durable changes to sessions.
 */
import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import { AcsSession } from '#acs/acs-session.ts';
import { systemClock } from '#lib/clock.ts';
import { hexId } from '#lib/ids.ts';
import { silentLogger } from '#lib/logger.ts';
import { systemRandom } from '#lib/random.ts';
import { parseArn } from '#model/arn.ts';
import type { ContainerInstanceRow } from '#model/rows.ts';
import type { EcsContext } from '#services/ecs/context.ts';
import { SubmitTaskStateChange } from '#services/ecs/operations/SubmitTaskStateChange.ts';
import { changeOf, type Store } from '#store/store.ts';
import { containerInstances, tasks } from '#store/tables/ecs.ts';

interface PayloadTask {
  readonly arn: string;
  readonly desiredStatus: string;
  readonly containers: readonly { readonly name: string }[];
}

/** Longer: the control plane waits for its agents; shorter: more turns of the event loop for the same work. */
const sliceMs = 5;
const imageDigest = JSON.stringify(`sha256:${'5'.repeat(64)}`);
/** A text of its own, as every request brings one. */
const digestAsRead = () => JSON.parse(imageDigest) as string;

export class StandInAgents {
  readonly #store: Store;
  readonly #sessions = new Map<string, AcsSession>();
  readonly #work: (() => void)[] = [];
  #next = 0;
  #scheduled = false;
  payloads = 0;
  payloadBytes = 0;

  constructor(store: Store) {
    this.#store = store;
    store.subscribe('durable', ({ changes }) => {
      for (const change of changes) {
        const { before, after } = changeOf(tasks, change) ?? {};
        if (!after || (before?.desiredStatus === after.desiredStatus && after.lastStatus !== 'STOPPED')) continue;
        this.#sessions.get(after.containerInstanceArn ?? '')?.taskChanged(after);
      }
    });
  }

  /** Opens the instance's connection; it must be registered. */
  connect(arn: string): void {
    const row = this.#store.transact((tx) =>
      tx.update(containerInstances, arn, (known) => ({ ...known, agentConnected: true, version: known.version + 1 })),
    );
    const socket = Object.assign(new EventEmitter(), {
      OPEN: 1,
      readyState: 1,
      send: (text: string) => this.#later(() => this.#receive(row, socket, text)),
      close: () => socket.emit('close', 1000),
      terminate: () => socket.emit('close', 1006),
    });
    const deps = {
      store: this.#store,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      authenticate: () => {
        throw new Error('nothing is authenticated here');
      },
      authorize: () => ({ allowed: true }) as const,
      roles: { assume: () => ({ refused: 'there are no roles here' }) },
    };
    this.#sessions.set(
      arn,
      new AcsSession(deps, { instance: row, endpoint: 'http://slipway' }, socket as unknown as WebSocket, () => {}),
    );
  }

  #later(work: () => void): void {
    this.#work.push(work);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#slice());
  }

  #slice(): void {
    const endMs = performance.now() + sliceMs;
    while (this.#next < this.#work.length && performance.now() < endMs) this.#work[this.#next++]!();
    if (this.#next === this.#work.length) {
      this.#work.length = this.#next = 0;
      this.#scheduled = false;
    } else {
      if (this.#next > 10_000) {
        this.#work.splice(0, this.#next);
        this.#next = 0;
      }
      setImmediate(() => this.#slice());
    }
  }

  #receive(row: ContainerInstanceRow, socket: EventEmitter, text: string): void {
    const { type, message } = JSON.parse(text) as {
      type: string;
      message: { messageId: string; tasks: readonly PayloadTask[] };
    };
    const acknowledge = (kind: string) => {
      const ack = { cluster: row.clusterArn, containerInstance: row.arn, messageId: message.messageId };
      socket.emit('message', Buffer.from(JSON.stringify({ type: kind, message: ack })), false);
    };
    if (type === 'HeartbeatMessage') acknowledge('HeartbeatAckRequest');
    if (type !== 'PayloadMessage') return;
    this.payloads += 1;
    this.payloadBytes += text.length;
    acknowledge('AckRequest');
    for (const task of message.tasks) {
      if (task.desiredStatus === 'RUNNING')
        this.#later(() =>
          this.report(
            task.arn,
            'RUNNING',
            task.containers.map(({ name }) => name),
          ),
        );
      else this.#later(() => this.report(task.arn, 'STOPPED', this.#namesOf(task.arn), 143));
    }
  }

  #namesOf(arn: string): readonly string[] {
    return this.#store.get(tasks, arn)?.containers.map(({ name }) => name) ?? [];
  }

  /** What the agent says of a task, as through the API; resolves when it would be answered. */
  async report(
    arn: string,
    status: 'RUNNING' | 'STOPPED',
    names = this.#namesOf(arn),
    exitCode?: number,
  ): Promise<void> {
    const { account = '', region = '' } = parseArn(arn) ?? {};
    const store = this.#store.session();
    const principal = { account, arn: `arn:aws:iam::${account}:root`, userId: account, accessKeyId: '' };
    const context = {
      account,
      region,
      principal,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      store,
    };
    const now = new Date();
    const containers = names.map((containerName) => ({
      containerName,
      status,
      runtimeId: hexId(systemRandom, 32),
      imageDigest: digestAsRead(),
      ...(exitCode !== undefined && { exitCode }),
    }));
    await SubmitTaskStateChange(context as unknown as EcsContext, {
      task: arn,
      status,
      containers,
      pullStartedAt: now,
      pullStoppedAt: now,
    });
    await store.durable();
  }
}
