/**
 * Counts of what repositories are used for, as CloudWatch will show them (namespace AWS/ECR, dimension RepositoryName; AWS
 * itself has RepositoryPullCount only). Counting costs two look-ups; now and then the counts of a while leave as points.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-repository-metrics.html
 */
import type { Clock, Timer } from '#lib/clock.ts';
import type { Scope } from '#model/arn.ts';

/**
 * RepositoryPullCount: manifests answered. RepositoryPushCount: manifests taken. AuthenticationCount: of a registry; tokens given
 * by GetAuthorizationToken and credentials that the registry has let in.
 */
export const usageNames = ['RepositoryPullCount', 'RepositoryPushCount', 'AuthenticationCount'] as const;
export type UsageName = (typeof usageNames)[number];

export interface UsagePoint {
  /** Of a repository, or `registryUsageArn`. */
  readonly arn: string;
  readonly name: UsageName;
  /** Beginning of its minute, epoch milliseconds. */
  readonly at: number;
  readonly sum: number;
}

export interface UsageCounter {
  count(arn: string, name: UsageName): void;
  /** What was counted leaves now. */
  flush(): void;
}

export const registryUsageArn = ({ account, region }: Scope): string => `arn:aws:ecr:${region}:${account}:registry`;

/** Longer: more is lost in a crash, and counts fall into the wrong minute; shorter: more points. */
const everyMs = 10_000;
const minuteMs = 60_000;

export function createUsageCounter(deps: {
  readonly clock: Clock;
  readonly send: (points: readonly UsagePoint[]) => void;
}): UsageCounter {
  const { clock, send } = deps;
  const counts = new Map<UsageName, Map<string, number>>(usageNames.map((name) => [name, new Map()]));
  let timer: Timer | undefined;
  const flush = () => {
    timer?.cancel();
    timer = undefined;
    const at = Math.floor(clock.now() / minuteMs) * minuteMs;
    const points: UsagePoint[] = [];
    for (const [name, byArn] of counts) {
      for (const [arn, sum] of byArn) points.push({ arn, name, at, sum });
      byArn.clear();
    }
    if (points.length > 0) send(points);
  };
  return {
    count(arn, name) {
      const byArn = counts.get(name)!;
      byArn.set(arn, (byArn.get(arn) ?? 0) + 1);
      timer ??= clock.after(everyMs, flush);
    },
    flush,
  };
}
