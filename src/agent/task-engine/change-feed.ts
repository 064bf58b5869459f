import type { RunningTasks, TaskChange, TaskView } from './running-tasks.ts';

/** Keeps the views of the tasks and tells subscribers what changed. A view is built once per change. */
export class ChangeFeed implements RunningTasks {
  readonly #views = new Map<string, TaskView>();
  readonly #byMetadataId = new Map<string, { readonly arn: string; readonly name: string }>();
  readonly #byRuntimeId = new Map<string, { readonly arn: string; readonly name: string }>();
  readonly #listeners = new Set<(change: TaskChange) => void>();

  list(): readonly TaskView[] {
    return [...this.#views.values()];
  }

  byArn(taskArn: string): TaskView | undefined {
    return this.#views.get(taskArn);
  }

  #find(key: { readonly arn: string; readonly name: string } | undefined): ReturnType<RunningTasks['byRuntimeId']> {
    const task = key && this.#views.get(key.arn);
    const container = task?.containers.find((candidate) => candidate.name === key?.name);
    return task && container ? { task, container } : undefined;
  }

  byMetadataId(metadataId: string): ReturnType<RunningTasks['byMetadataId']> {
    return this.#find(this.#byMetadataId.get(metadataId));
  }

  byRuntimeId(runtimeId: string): ReturnType<RunningTasks['byRuntimeId']> {
    return this.#find(this.#byRuntimeId.get(runtimeId));
  }

  subscribe(listener: (change: TaskChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes over a task's new view and tells what differs from the one before. */
  update(task: TaskView): void {
    const before = this.#views.get(task.arn);
    this.#views.set(task.arn, task);
    for (const container of task.containers) {
      const key = { arn: task.arn, name: container.name };
      this.#byMetadataId.set(container.metadataId, key);
      if (container.runtimeId) this.#byRuntimeId.set(container.runtimeId, key);
      const old = before?.containers.find((candidate) => candidate.name === container.name);
      if (JSON.stringify(old) !== JSON.stringify(container)) this.#tell({ type: 'container', task, container });
    }
    const outline = (view: TaskView | undefined) => view && JSON.stringify({ ...view, containers: undefined });
    if (outline(before) !== outline(task)) this.#tell({ type: 'task', task });
  }

  remove(taskArn: string): void {
    const view = this.#views.get(taskArn);
    if (!view) return;
    this.#views.delete(taskArn);
    for (const container of view.containers) {
      this.#byMetadataId.delete(container.metadataId);
      if (container.runtimeId) this.#byRuntimeId.delete(container.runtimeId);
    }
    this.#tell({ type: 'removed', taskArn });
  }

  #tell(change: TaskChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
