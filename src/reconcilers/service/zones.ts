/** The Availability Zones of a cluster whose instances take tasks; kept until an instance of it changes in that respect. */
import type { ContainerInstanceRow } from '#model/rows.ts';
import type { View } from '#store/store.ts';
import { containerInstances } from '#store/tables/ecs.ts';

const zoneOf = (row: ContainerInstanceRow | undefined) =>
  row?.status === 'ACTIVE' && row.agentConnected ? row.availabilityZone : undefined;

export class ClusterZones {
  readonly #byCluster = new Map<string, ReadonlySet<string>>();

  of(view: View, clusterArn: string): ReadonlySet<string> {
    const known = this.#byCluster.get(clusterArn);
    if (known) return known;
    const zones = new Set<string>();
    for (const row of view.find(containerInstances, 'byCluster', clusterArn)) {
      const zone = zoneOf(row);
      if (zone !== undefined) zones.add(zone);
    }
    this.#byCluster.set(clusterArn, zones);
    return zones;
  }

  /** Tells of a committed change of an instance; answers whether its cluster has a zone that it was not known to have. */
  note(before: ContainerInstanceRow | undefined, after: ContainerInstanceRow | undefined): boolean {
    const zone = zoneOf(after);
    if (zoneOf(before) === zone) return false;
    const { clusterArn } = (after ?? before)!;
    const known = this.#byCluster.get(clusterArn);
    this.#byCluster.delete(clusterArn);
    return zone !== undefined && known !== undefined && !known.has(zone);
  }
}
