/** Upstreams of pull-through cache rules as the control plane asks about them: the registry process alone speaks to them. */

import type { Registry } from '#model/ecr.ts';

export interface UpstreamFailure {
  readonly problem: 'not found' | 'denied' | 'throttled' | 'unavailable' | 'invalid';
  readonly message: string;
}

export interface UpstreamGateway {
  /** Brings an image of a repository under a rule; resolves when its rows are there, or with why they are not. */
  importImage(image: {
    readonly registry: Registry;
    readonly name: string;
    /** A tag or a digest. */
    readonly reference: string;
  }): Promise<{ readonly failed?: UpstreamFailure }>;
  /** Why the upstream of a rule (by the key of its row) cannot be used; nothing when it can. */
  check(ruleKey: string): Promise<{ readonly failure?: string }>;
}
