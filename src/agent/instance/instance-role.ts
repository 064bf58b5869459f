/**
 * Credentials of the instance's role. They are renewed long before they expire, so that another role in the profile, or
 * one that was made anew, is soon the agent's; while the control plane is away the old ones serve until they expire. In
 * memory only: a new start asks anew.
 */
import { type Backoff, backoffMs } from '#lib/backoff.ts';
import type { Clock, Timer } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { CredentialProvider } from '../link/signing.ts';
import type { InstanceIdentity } from './instance-identity.ts';
import { callSlipway, type SlipwayTarget } from './slipway-call.ts';

/** As GetInstanceCredentials answers; times in epoch seconds. */
export interface InstanceFacts {
  readonly instanceId: string;
  readonly account: string;
  readonly region: string;
  readonly availabilityZone: string;
  readonly launchedAt: number;
  readonly instanceProfileArn: string;
  readonly instanceProfileId: string;
  readonly roleName: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface InstanceRoleDeps {
  readonly target: SlipwayTarget;
  readonly identity: InstanceIdentity;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Default: GetInstanceCredentials with the instance's key. */
  readonly fetchFacts?: () => Promise<InstanceFacts>;
}

export interface InstanceRole {
  /** The newest facts, with credentials that are good; rejects while there are none and none can be had. */
  facts(): Promise<InstanceFacts>;
  readonly provider: CredentialProvider;
  close(): void;
}

const retry: Backoff = { firstMs: 5_000, maxMs: 300_000, factor: 2, jitter: 0.2 };
/** What is given out lasts at least this long. */
const leastLifeMs = 60_000;
/** Longer: a change of the role reaches the agent later; shorter: more calls, one by each agent. */
const renewEveryMs = 10 * 60_000;
/** For so long clients keep what they were given; they ask again five minutes before. */
const keptMs = 20 * 60_000;

export function createInstanceRole(deps: InstanceRoleDeps): InstanceRole {
  const { target, identity, clock, random, logger } = deps;
  const ask = deps.fetchFacts ?? (() => callSlipway<InstanceFacts>(target, identity, 'GetInstanceCredentials', {}));
  let current: InstanceFacts | undefined;
  let asking: Promise<InstanceFacts> | undefined;
  let timer: Timer | undefined;
  let failures = 0;
  let closed = false;

  const schedule = (delayMs: number) => {
    timer?.cancel();
    if (!closed) timer = clock.after(delayMs, () => void renew().catch(() => {}));
  };

  function renew(): Promise<InstanceFacts> {
    asking ??= ask()
      .then((facts) => {
        current = facts;
        failures = 0;
        schedule(renewEveryMs);
        logger.debug('credentials of the instance role', { roleName: facts.roleName, expiresAt: facts.expiresAt });
        return facts;
      })
      .catch((error: unknown) => {
        failures += 1;
        logger.warn('credentials of the instance role cannot be had', { error: (error as Error).message });
        schedule(backoffMs(retry, failures, random));
        throw error;
      })
      .finally(() => {
        asking = undefined;
      });
    return asking;
  }

  const facts = async (): Promise<InstanceFacts> =>
    current && current.expiresAt * 1000 - clock.now() > leastLifeMs ? current : renew();

  return {
    facts,
    provider: async () => {
      const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = await facts();
      const expiration = new Date(Math.min(expiresAt * 1000, clock.now() + keptMs));
      return { accessKeyId, secretAccessKey, sessionToken, expiration };
    },
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}
