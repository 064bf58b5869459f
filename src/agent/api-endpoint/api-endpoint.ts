/**
 * AWS's APIs and the registry for containers: a server beside the task metadata endpoint that passes their requests on
 * to the control plane, so that an SDK with nothing configured works wherever its container runs.
 *
 * - It adds no right: requests are signed by the containers and checked by the control plane.
 * - Only containers of tasks of this machine are served, and the machine itself, which is where those in host mode are.
 * - It says nothing about who asks. The control plane sees this machine's address, as AWS sees an instance's; where both
 *   are one machine, bridge containers come from the bridge's gateway and never pass for its loopback address.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { networkInterfaces } from 'node:os';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import { callerAt, plainAddress } from '../metadata/caller.ts';
import { listenOnAll } from '../metadata/listen.ts';
import type { RunningTasks } from '../task-engine/running-tasks.ts';
import { createForwarder, refuse } from './forward.ts';

/** Next to those of ECS's agent (51678, 51679) and our instance metadata service. */
export const usualApiPort = 51_681;

export interface ApiEndpointOptions {
  /** Of the control plane. */
  readonly endpoint: string;
  readonly addresses: readonly string[];
  /** Tried in order until every address has it; 0 is any. */
  readonly ports: readonly number[];
  readonly gateway?: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ApiEndpoint {
  readonly port: number;
  /** Until they are given, only the machine itself is served. */
  serve(tasks: RunningTasks): void;
  close(): Promise<void>;
}

/** The address of a container is learnt shortly after its start; its first call may come before that. */
const unknownCallerMs = 5_000;
const askAgainMs = 100;

const isLoopback = (address: string) => address === '::1' || address.startsWith('127.');

function isOfThisMachine(address: string): boolean {
  if (isLoopback(address)) return true;
  return Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address));
}

export async function startApiEndpoint(options: ApiEndpointOptions): Promise<ApiEndpoint> {
  const { endpoint, gateway, clock, logger } = options;
  const forwarder = createForwarder(endpoint);
  const { hostname } = new URL(endpoint);
  const isNextDoor = hostname === 'localhost' || isLoopback(hostname.replace(/^\[|\]$/g, ''));
  const ipv4NextDoor = isNextDoor && !hostname.startsWith('[');
  let tasks: RunningTasks | undefined;

  async function mayCome(address: string): Promise<boolean> {
    const deadline = clock.now() + unknownCallerMs;
    for (;;) {
      if (tasks && callerAt(tasks, address)) return true;
      if (clock.now() >= deadline) return false;
      await clock.sleep(askAgainMs);
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = plainAddress(request.socket.remoteAddress ?? '');
    if (isOfThisMachine(address)) return forwarder.forward(request, response);
    if (!(await mayCome(address))) {
      return refuse(
        response,
        403,
        'AccessDeniedException',
        'Only containers of tasks on this machine are served here.',
      );
    }
    forwarder.forward(request, response, ipv4NextDoor ? gateway : undefined);
  }

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error: unknown) => {
      logger.error('a request of a container could not be passed on', { error });
      response.destroy();
    });
  };
  const listening = await listenOnAll(handle, options.addresses, options.ports, { requestTimeout: 0 });
  return {
    port: listening.port,
    serve(running) {
      tasks = running;
    },
    async close() {
      await listening.close();
      forwarder.close();
    },
  };
}
