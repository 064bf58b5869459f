import type { DiscoverPollEndpointCommandInput, DiscoverPollEndpointCommandOutput } from '@aws-sdk/client-ecs';
import type { EcsOperation } from '../context.ts';

/**
 * Where agents open their websockets: at the address by which they already reach us, unless one is configured. Agents
 * keep the answer for 12 hours and append `ws`.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DiscoverPollEndpoint.html
 */
export const DiscoverPollEndpoint: EcsOperation<DiscoverPollEndpointCommandInput, DiscoverPollEndpointCommandOutput> = (
  ctx,
) => {
  const base = (ctx.deps.agentEndpoint ?? ctx.endpoint).replace(/\/+$/, '');
  return { endpoint: `${base}/acs/`, telemetryEndpoint: `${base}/tcs/` };
};
