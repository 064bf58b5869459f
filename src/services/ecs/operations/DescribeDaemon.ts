import type { DescribeDaemonCommandInput, DescribeDaemonCommandOutput } from '@aws-sdk/client-ecs';
import type { EcsOperation } from '../context.ts';
import { requireDaemon } from '../resolve-daemon.ts';
import { viewDaemon } from '../views/daemon.ts';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeDaemon.html */
export const DescribeDaemon: EcsOperation<DescribeDaemonCommandInput, DescribeDaemonCommandOutput> = (ctx, input) => ({
  daemon: viewDaemon(ctx.store, requireDaemon(ctx.store, ctx, input.daemonArn)),
});
