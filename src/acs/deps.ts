import type { TaskRoles } from '#auth/task-roles.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/logger.ts';
import type { Random } from '#lib/random.ts';
import type { PublishMetricsRequest } from '#model/agent-messages.ts';
import type { ContainerInstanceArn } from '#model/arn.ts';
import type { Authenticate } from '#protocol/authenticate.ts';
import type { Authorize } from '#protocol/authorize.ts';
import type { Store } from '#store/store.ts';

export interface AcsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The same verification that API requests pass. */
  readonly authenticate: Authenticate;
  /** Whether the agent may open the connection: `ecs:Poll`, `ecs:StartTelemetrySession`. */
  readonly authorize: Authorize;
  /** Makes the credentials of tasks that have roles. */
  readonly roles: TaskRoles;
  /** Whether images at that host (with its port) are in our registry; the address that the agent uses always is. */
  readonly isOwnHost?: (host: string) => boolean;
  /** Metrics as agents publish them, every 20 seconds per instance. */
  readonly onMetrics?: (containerInstanceArn: ContainerInstanceArn, request: PublishMetricsRequest) => void;
}
