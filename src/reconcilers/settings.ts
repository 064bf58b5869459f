/** What operators may choose about schedulers; all in milliseconds. */
export interface SchedulerSettings {
  /**
   * How long an agent may be away before services replace their tasks on its instance; 0: they wait for ever, as ECS
   * does. Shorter: a short outage of the network moves tasks; longer: a dead machine's tasks are missed for longer.
   */
  readonly instanceLossMs: number;
  /**
   * How long a service's task may stay PENDING without a word from its agent before it is given up; 0: for ever.
   * Shorter: pulls of large images are cut off; longer: a task that an agent has forgotten is missed for longer.
   */
  readonly pendingTimeoutMs: number;
  /**
   * How long a task without a health check must have run before it counts as healthy in a deployment that a circuit
   * breaker watches. Shorter: a task that crashes soon passes for good; longer: such deployments take longer.
   */
  readonly healthyAfterMs: number;
  /** How often a repository's lifecycle policy is evaluated. Shorter: images go sooner after they may; longer: less work. */
  readonly lifecycleIntervalMs: number;
}

export const defaultSettings: SchedulerSettings = {
  instanceLossMs: 5 * 60_000,
  pendingTimeoutMs: 30 * 60_000,
  healthyAfterMs: 40_000,
  lifecycleIntervalMs: 3_600_000,
};
