/** How ECS refuses an input that lacks required members: one at a time, in words of its own. */
import type { ServiceError } from '#protocol/service.ts';
import { clientException, invalidParameter } from './errors.ts';

/** A list's name, as ECS's members are named. */
const isPlural = (name: string) => /[^s]s$/.test(name) && !name.endsWith('Status') && name !== 'status';

/** `containerInstances` → `Container Instances`, `taskDefinition` → `TaskDefinition`. */
function spoken(name: string): string {
  const capital = name.slice(0, 1).toUpperCase() + name.slice(1);
  return isPlural(name) ? capital.replace(/([a-z])([A-Z])/g, '$1 $2') : capital;
}

function words(path: string): string {
  if (path === 'containerDefinitions') return 'Container list cannot be empty.';
  const parts = path.split('.');
  const name = parts.at(-1)!;
  if (parts.length > 1) return `${path} should not be null or empty.`;
  return isPlural(name) ? `${spoken(name)} cannot be empty.` : `${spoken(name)} can not be blank.`;
}

/** ClientException where a task definition is at fault, InvalidParameterException elsewhere. */
export function missingMembers(operation: string, paths: readonly string[]): ServiceError {
  const message = words(paths[0]!);
  const ofDefinition = operation === 'RegisterTaskDefinition' || operation === 'RegisterDaemonTaskDefinition';
  return ofDefinition ? clientException(message) : invalidParameter(message);
}
