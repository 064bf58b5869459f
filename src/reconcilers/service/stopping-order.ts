/** How a service's own placement strategies order what it gives up, with the instances as they are in the store. */
import { registeredOf } from '#launch/registered.ts';
import { freeOf } from '#launch/snapshot.ts';
import type { ServiceRow } from '#model/rows.ts';
import type { HostOf } from '#placement/choose-to-stop.ts';
import { parseStrategies } from '#placement/parse-request.ts';
import type { Tx } from '#store/store.ts';
import { containerInstances } from '#store/tables/ecs.ts';
import type { StoppingOrder } from '../service-tasks.ts';

/** Undefined for a service without strategies. The answer reads `tx` when asked: use it within the transaction. */
export function stoppingOrderOf(tx: Tx, service: ServiceRow): StoppingOrder | undefined {
  if (service.placementStrategy.length === 0) return undefined;
  const hosts = new Map<string, ReturnType<HostOf>>();
  const hostOf: HostOf = (arn) => {
    if (!hosts.has(arn)) {
      const row = tx.get(containerInstances, arn);
      hosts.set(arn, row && { attributes: registeredOf(row).attributes, free: freeOf(tx, row) });
    }
    return hosts.get(arn);
  };
  return { strategies: parseStrategies(service.placementStrategy), hostOf };
}
