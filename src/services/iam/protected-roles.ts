import type { RoleRow } from '#model/iam.ts';
import { unmodifiable } from './errors.ts';

/** A service-linked role is its service's: nobody else changes or deletes it. */
export function refuseProtected(role: RoleRow): void {
  if (role.linkedService === undefined) return;
  throw unmodifiable(
    `Cannot perform the operation on the protected role '${role.name}' - this role is only modifiable by AWS`,
  );
}
