import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { PublishMetricsRequest } from '#model/agent-messages.ts';
import type { ContainerInstanceArn } from '#model/arn.ts';
import type { Authenticate } from '#protocol/authenticate.ts';
import type { Store } from '#store/store.ts';

export interface AcsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The same verification that API requests pass. */
  readonly authenticate: Authenticate;
  /** Metrics as agents publish them, every 20 seconds per instance. */
  readonly onMetrics?: (containerInstanceArn: ContainerInstanceArn, request: PublishMetricsRequest) => void;
}
