import type { TaskArn } from './arn.ts';

/** What a service remembers of its Availability Zone rebalancing. */
export interface Rebalancing {
  /** `taskArn` was started in place of a task of `fromZone` that goes when it serves. */
  readonly moves: readonly { readonly taskArn: TaskArn; readonly fromZone: string }[];
  /** No attempt before this time (epoch ms): the last one found no room. */
  readonly blockedUntil?: number;
}
