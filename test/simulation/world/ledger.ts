/**
 * What the client was told. A call counts when its reply has arrived; calls that were carried out without that are in
 * doubt and may be lost with the control plane, but in the order in which they were made.
 */
import type { Store } from '#store/store.ts';
import { services, tasks } from '#store/tables/ecs.ts';
import type { Violate } from './checks.ts';

interface Executed {
  readonly operation: string;
  readonly revision: number;
  acknowledged: boolean;
}

interface ServiceCall extends Executed {
  readonly desiredCount: number;
  readonly taskDefinitionArn: string;
  readonly deleted: boolean;
  /** Its circuit breaker may go back to an older definition. */
  readonly rollsBack: boolean;
}

const stoppedTaskMs = 3_600_000;

export class Ledger {
  readonly #violate: Violate;
  readonly #calls: Executed[] = [];
  readonly #services = new Map<string, ServiceCall[]>();
  readonly #tasks = new Map<string, { readonly since: number; stop: boolean }>();

  constructor(violate: Violate) {
    this.#violate = violate;
  }

  executed(operation: string, revision: number): Executed {
    const call = { operation, revision, acknowledged: false };
    this.#calls.push(call);
    return call;
  }

  executedOnService(
    operation: string,
    revision: number,
    service: {
      serviceArn: string;
      desiredCount: number;
      taskDefinition: string;
      deploymentConfiguration?: { deploymentCircuitBreaker?: { rollback?: boolean } };
    },
  ): Executed {
    const { serviceArn, desiredCount, taskDefinition: taskDefinitionArn } = service;
    const deleted = operation === 'DeleteService';
    const rollsBack = service.deploymentConfiguration?.deploymentCircuitBreaker?.rollback === true;
    const call = { operation, revision, acknowledged: false, desiredCount, taskDefinitionArn, deleted, rollsBack };
    const calls = this.#services.get(serviceArn);
    if (calls) calls.push(call);
    else this.#services.set(serviceArn, [call]);
    this.#calls.push(call);
    return call;
  }

  acknowledged(call: Executed, durableRevision: number): void {
    call.acknowledged = true;
    if (call.revision > durableRevision) this.#lost(call, durableRevision);
  }

  ranTasks(arns: readonly string[], nowMs: number): void {
    for (const arn of arns) this.#tasks.set(arn, { since: nowMs, stop: false });
  }

  stoppedTask(arn: string, nowMs: number): void {
    this.#tasks.set(arn, { since: nowMs, stop: true });
  }

  #lost(call: Executed, revision: number): void {
    const message = `${call.operation} was acknowledged at revision ${call.revision}; durable is ${revision}`;
    this.#violate('acknowledged-call-not-lost', message);
  }

  /** A control plane has started from the disk: what was not durable never happened. */
  onStart(revision: number): void {
    for (const call of this.#calls) if (call.acknowledged && call.revision > revision) this.#lost(call, revision);
    this.#calls.length = 0;
    for (const [arn, calls] of this.#services) {
      const kept = calls.filter((call) => call.revision <= revision);
      if (kept.length) this.#services.set(arn, kept.slice(-1));
      else this.#services.delete(arn);
    }
  }

  check(store: Store, nowMs: number): void {
    for (const [arn, { since, stop }] of this.#tasks) {
      const row = store.get(tasks, arn);
      if (!row && nowMs - since < stoppedTaskMs) this.#violate('acknowledged-call-not-lost', `task ${arn} is gone`);
      if (row && stop && row.desiredStatus !== 'STOPPED') {
        this.#violate('acknowledged-call-not-lost', `StopTask of ${arn} was acknowledged; it shall run`);
      }
    }
    for (const [arn, calls] of this.#services) {
      const last = calls.at(-1)!;
      const row = store.get(services, arn);
      const right = last.deleted
        ? row?.status !== 'ACTIVE'
        : row?.status === 'ACTIVE' &&
          row.desiredCount === last.desiredCount &&
          (last.rollsBack || row.taskDefinitionArn === last.taskDefinitionArn);
      if (right) continue;
      const state = row ? `${row.status} ${row.desiredCount} ${row.taskDefinitionArn}` : 'gone';
      const message = `${last.operation} of ${arn} (${last.desiredCount}, ${last.taskDefinitionArn}) left it ${state}`;
      this.#violate('acknowledged-call-not-lost', message);
    }
  }
}
