/**
 * The rooms of the house, in order: a room imports only rooms listed above it (and its own files).
 * `pure` rooms do no I/O, read no clock, draw no randomness and use no npm package at run time; type-only imports of
 * the shapes that AWS publishes are allowed everywhere, because the words are ECS's. `closed` rooms hold siblings
 * (`services/ecs`, `services/sts`, ...) that never import each other. `test/rooms.test.ts` enforces this table.
 */
export interface Room {
  readonly name: string;
  readonly pure?: boolean;
  readonly closed?: boolean;
}

export const rooms: readonly Room[] = [
  { name: 'lib' },
  { name: 'model', pure: true },
  { name: 'placement', pure: true },
  { name: 'policy', pure: true },
  { name: 'protocol' },
  { name: 'store' },
  { name: 'keys' },
  { name: 'launch' },
  { name: 'auth' },
  { name: 'images' },
  { name: 'scanning' },
  { name: 'services', closed: true },
  { name: 'reconcilers', closed: true },
  { name: 'acs' },
  { name: 'events' },
  { name: 'registry' },
  { name: 'load-balancer' },
  { name: 'agent' },
  { name: 'control-plane' },
  { name: 'bin' },
];
