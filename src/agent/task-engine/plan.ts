import type { AgentDependency } from '#model/agent-messages.ts';
import type { EngineContainer, EngineTask } from './task.ts';
import { findContainer } from './task.ts';

/**
 * What a container does next. Pure: the engine carries the step out and asks again.
 *
 * Upwards a container is pulled at once, created when every dependency is met, started right after. Downwards (the task
 * is to stop, or an essential container has stopped) what runs is stopped once everything that depends on it has
 * stopped, and what never ran is skipped: it becomes STOPPED without an engine call.
 */
export type Step =
  | { readonly step: 'none' }
  | { readonly step: 'wait'; readonly untilMs?: number }
  | { readonly step: 'pull' | 'create' | 'start' | 'stop' | 'skip' }
  /** It can never start: becomes STOPPED with this reason. */
  | { readonly step: 'fail'; readonly reason: string };

type Dependency =
  | { readonly is: 'met' }
  | { readonly is: 'pending'; readonly untilMs?: number }
  | { readonly is: 'impossible'; readonly reason: string };

const graphError = (dependency: string, target: string, rest: string): string =>
  `TaskDependencyError: dependency graph: ${rest
    .replace('<dependency>', `container ordering dependency [${dependency}]`)
    .replace('<target>', `target [${target}]`)}`;

function conditionMet(on: EngineContainer, condition: AgentDependency['condition']): boolean {
  const ran = on.startedAtMs !== undefined;
  switch (condition) {
    case 'START':
      return on.known === 'RUNNING' || (on.known === 'STOPPED' && ran);
    case 'COMPLETE':
      return on.known === 'STOPPED' && ran;
    case 'SUCCESS':
      return on.known === 'STOPPED' && on.exitCode === 0;
    case 'HEALTHY':
      return on.known === 'RUNNING' && on.health?.status === 'HEALTHY';
  }
}

/** startTimeout belongs to the dependency and counts from its start; START itself cannot time out. */
function checkDependency(task: EngineTask, target: EngineContainer, entry: AgentDependency, nowMs: number): Dependency {
  const on = findContainer(task, entry.containerName);
  const name = target.payload.name;
  if (!on) {
    const reason = graphError(entry.containerName, name, '<dependency> for <target> does not exist.');
    return { is: 'impossible', reason };
  }
  if (conditionMet(on, entry.condition)) return { is: 'met' };
  if (on.known === 'STOPPED') {
    const why =
      entry.condition === 'SUCCESS' ? ' as dependency did not exit successfully.' : ' as dependency has stopped.';
    const reason = graphError(entry.containerName, name, `failed to resolve the <dependency> for <target>${why}`);
    return { is: 'impossible', reason };
  }
  const timeoutMs = (on.payload.startTimeout ?? 0) * 1000;
  if (entry.condition === 'START' || timeoutMs <= 0 || on.startedAtMs === undefined) return { is: 'pending' };
  const untilMs = on.startedAtMs + timeoutMs;
  if (nowMs < untilMs) return { is: 'pending', untilMs };
  return {
    is: 'impossible',
    reason: graphError(entry.containerName, name, '<dependency> for <target> has timed out.'),
  };
}

function planUp(task: EngineTask, container: EngineContainer, nowMs: number): Step {
  switch (container.known) {
    case 'NONE':
    case 'PULLED': {
      const checks = container.dependsOn.map((entry) => checkDependency(task, container, entry, nowMs));
      const impossible = checks.find((check) => check.is === 'impossible');
      if (impossible) return { step: 'fail', reason: impossible.reason };
      if (container.known === 'NONE') return { step: 'pull' };
      const pending = checks.filter((check) => check.is === 'pending');
      if (!pending.length) return { step: 'create' };
      const deadlines = pending.map((check) => check.untilMs ?? Number.POSITIVE_INFINITY);
      const untilMs = Math.min(...deadlines);
      return Number.isFinite(untilMs) ? { step: 'wait', untilMs } : { step: 'wait' };
    }
    case 'CREATED':
      return { step: 'start' };
    case 'RUNNING':
    case 'STOPPED':
      return { step: 'none' };
  }
}

function planDown(task: EngineTask, container: EngineContainer): Step {
  if (container.known === 'STOPPED') return { step: 'none' };
  if (container.known !== 'RUNNING') return { step: 'skip' };
  const name = container.payload.name;
  const held = task.containers.some(
    (other) => other.known === 'RUNNING' && other.dependsOn.some((entry) => entry.containerName === name),
  );
  return held ? { step: 'wait' } : { step: 'stop' };
}

export function planContainer(task: EngineTask, container: EngineContainer, nowMs: number): Step {
  return task.desired === 'RUNNING' ? planUp(task, container, nowMs) : planDown(task, container);
}

/** An essential container that has stopped takes the task with it. */
export const isEssentialGone = (task: EngineTask): boolean =>
  task.containers.some((container) => container.payload.essential === true && container.known === 'STOPPED');

/**
 * Whether a container that exited is started again: by its restart policy, unless the exit code is one to ignore or
 * the run was shorter than the attempt period (default 300 s).
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-restart-policy.html
 */
export function isRestartDue(
  task: EngineTask,
  container: EngineContainer,
  exitCode: number,
  exitedAtMs: number,
): boolean {
  const policy = container.payload.restartPolicy;
  if (!policy?.enabled || task.desired !== 'RUNNING' || isEssentialGone(task)) return false;
  if (policy.ignoredExitCodes?.includes(exitCode)) return false;
  const ranMs = exitedAtMs - (container.lastStartedAtMs ?? exitedAtMs);
  return ranMs >= (policy.restartAttemptPeriod ?? 300) * 1000;
}
