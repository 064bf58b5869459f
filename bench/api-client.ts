/**
 * A client of the API on a thread of its own, so that what it makes of the answers, and its garbage, is not the control
 * plane's: on one heap, the collections that a client's work brings stop the server too.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  type ECSClientConfig,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';

const operations = {
  DescribeServices: (ecs: ECSClient, input: object) => ecs.send(new DescribeServicesCommand(input as never)),
  DescribeTasks: (ecs: ECSClient, input: object) => ecs.send(new DescribeTasksCommand(input as never)),
  ListTasks: (ecs: ECSClient, input: object) => ecs.send(new ListTasksCommand(input)),
};

interface Call {
  readonly operation: keyof typeof operations;
  readonly input: object;
}

export class ApiClient {
  readonly #worker: Worker;

  constructor(config: ECSClientConfig) {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: config });
  }

  /** Resolves with the milliseconds from the call to its parsed answer; one call at a time. */
  time(operation: Call['operation'], input: object): Promise<number> {
    return new Promise((resolve, reject) => {
      const onMessage = (answer: number | string) => {
        this.#worker.off('error', reject);
        if (typeof answer === 'number') resolve(answer);
        else reject(new Error(answer));
      };
      this.#worker.once('message', onMessage).once('error', reject);
      this.#worker.postMessage({ operation, input } satisfies Call);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

if (!isMainThread) {
  const ecs = new ECSClient(workerData as ECSClientConfig);
  parentPort!.on('message', async ({ operation, input }: Call) => {
    try {
      const startMs = performance.now();
      await operations[operation](ecs, input);
      parentPort!.postMessage(performance.now() - startMs);
    } catch (error) {
      parentPort!.postMessage(String(error));
    }
  });
}
