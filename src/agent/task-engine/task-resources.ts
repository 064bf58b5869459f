/**
 * What a task's containers need of other services before anything is done for them: values of secrets, and the right to
 * pull their images. Gathered once for the whole task, kept in memory until every container has been made, never on record.
 */
import type { AgentTask } from '#model/agent-messages.ts';
import type { RegistryAuth } from '../engine-api/engine.ts';
import type { TaskCredentials } from './credentials.ts';
import type { EngineContainer, EngineTask } from './task.ts';

export interface ContainerResources {
  readonly registryAuth?: RegistryAuth;
  readonly environment: Readonly<Record<string, string>>;
  readonly logOptions: Readonly<Record<string, string>>;
}

/** By container name; a container that needs nothing may be missing. */
export type TaskResources = ReadonlyMap<string, ContainerResources>;

/** They cannot be had: the task fails to start, and this message says why, in ECS's words. */
export class TaskResourceError extends Error {}

/** Nobody needs them any more: the task is on its way down. What waits for them gives up, and nothing has failed. */
export class ResourcesDropped extends Error {}

/** Rejects with TaskResourceError, or with the signal's reason. */
export type GatherResources = (
  task: AgentTask,
  credentials: TaskCredentials,
  signal: AbortSignal,
) => Promise<TaskResources>;

export const noResources: ContainerResources = { environment: {}, logOptions: {} };

const needsResources = ({ payload }: EngineContainer): boolean =>
  (payload.secrets?.length ?? 0) > 0 || payload.registryAuthentication !== undefined;

interface Gathering {
  readonly found: Promise<TaskResources>;
  readonly abort: AbortController;
}

export class GatheredResources {
  readonly #gather: GatherResources | undefined;
  readonly #credentials: TaskCredentials;
  readonly #byTask = new Map<string, Gathering>();

  constructor(gather: GatherResources | undefined, credentials: TaskCredentials) {
    this.#gather = gather;
    this.#credentials = credentials;
  }

  /** What one container needs, once everything that the task needs is there. */
  async of(task: EngineTask, container: EngineContainer): Promise<ContainerResources> {
    if (!task.containers.some(needsResources)) return noResources;
    if (!this.#gather) throw new TaskResourceError('ResourceInitializationError: this agent has no access to secrets');
    let gathering = this.#byTask.get(task.arn);
    if (!gathering) {
      const abort = new AbortController();
      const found = this.#gather(task.payload, this.#credentials, abort.signal);
      // Whoever waits for it hears of a failure; between two tries nobody may.
      found.catch(() => this.#byTask.delete(task.arn));
      gathering = { found, abort };
      this.#byTask.set(task.arn, gathering);
    }
    try {
      return (await gathering.found).get(container.payload.name) ?? noResources;
    } catch (error) {
      // Calls that were cut off say so in words of their own.
      gathering.abort.signal.throwIfAborted();
      throw error;
    }
  }

  /** Nothing more will be made for the task. */
  drop(taskArn: string): void {
    this.#byTask.get(taskArn)?.abort.abort(new ResourcesDropped('the task needs no resources any more'));
    this.#byTask.delete(taskArn);
  }

  close(): void {
    for (const arn of [...this.#byTask.keys()]) this.drop(arn);
  }
}
