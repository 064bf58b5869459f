/**
 * The placement room: which instances take the tasks of a request. Pure; it never sees the store.
 *
 * - Nothing is over-committed: cpu, memory, GPUs, network interfaces and host ports of what is placed here are counted as it goes.
 * - Constraints bind, strategies only order: a task that fits somewhere is placed.
 * - The answer does not depend on the order of the candidates; only `random` draws from `unit`.
 * - Tasks of a request are identical, so instances are filtered once, and each task costs a logarithm of their number.
 *
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement.html
 */
import { createFit } from './fit.ts';
import { createOrder, makeSlots, type Slot } from './order.ts';
import { type Candidate, type Placement, type PlacementRequest, placementReasons, type Refusal } from './request.ts';

/** `candidates` are the cluster's ACTIVE instances; `unit` draws uniformly from [0, 1). */
export function place(candidates: readonly Candidate[], request: PlacementRequest, unit: () => number): Placement {
  const fit = createFit(request);
  const options = { strategies: request.strategies, demand: request.demand, unit };
  const refusals: Refusal[] = [];
  const open: Slot[] = [];
  const refused: Slot[] = [];
  for (const slot of makeSlots(candidates, options)) {
    const verdict = fit.refusal(slot.candidate, 0);
    if (verdict) {
      refusals.push({ containerInstanceArn: slot.candidate.containerInstanceArn, ...verdict });
      refused.push(slot);
    } else open.push(slot);
  }
  const order = createOrder(open, refused, options);
  const placed: string[] = [];
  while (placed.length < request.count) {
    const slot = order.best();
    if (!slot) break;
    placed.push(slot.candidate.containerInstanceArn);
    slot.placed += 1;
    slot.randomTurn -= Math.log(1 - unit());
    const verdict = fit.refusal(slot.candidate, slot.placed);
    if (verdict) refusals.push({ containerInstanceArn: slot.candidate.containerInstanceArn, ...verdict });
    order.took(verdict !== undefined);
  }
  return { placed, refusals: placed.length < request.count ? refusals : [] };
}

/** The refusal of the instance that came closest to taking the task. */
export function closestRefusal(refusals: readonly Refusal[]): Refusal | undefined {
  let closest: Refusal | undefined;
  for (const refusal of refusals) {
    if (!closest || placementReasons.indexOf(refusal.reason) > placementReasons.indexOf(closest.reason))
      closest = refusal;
  }
  return closest;
}
