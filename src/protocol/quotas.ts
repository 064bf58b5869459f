/** A quota on how much there is, as each service lists its own; which of them hold is the operator's word (docs/quotas.md). */
export interface Quota {
  /** AWS's default. */
  readonly limit: number;
  /** As AWS's Service Quotas call it. */
  readonly title: string;
  /** The error of a request that would exceed it. */
  readonly refuse: (limit: number) => Error;
}

/** Those that hold, by name. */
export type Limits<Name extends string> = Readonly<Partial<Record<Name, number>>>;

/** Refuses the request when `count`, what there would be after it, exceeds the quota; never when the quota is off. */
export function enforce<Name extends string>(
  quotas: Readonly<Record<Name, Quota>>,
  limits: Limits<Name> | undefined,
  name: Name,
  count: number,
): void {
  const limit = limits?.[name];
  if (limit !== undefined && count > limit) throw quotas[name].refuse(limit);
}
