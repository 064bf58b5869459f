/** What an alias may be called. */
import { Constraints } from '#protocol/constraints.ts';
import { aliasPattern } from './check.ts';
import { reservedAlias, validation } from './errors.ts';

export function checkAliasName(name: string): string {
  new Constraints().text('aliasName', name, { min: 1, max: 256, pattern: aliasPattern }).check();
  if (!name.startsWith('alias/') || name === 'alias/') throw validation('Invalid identifier');
  if (name.startsWith('alias/aws/')) throw reservedAlias();
  if (name.includes(':')) throw validation(`${name} contains invalid characters for an alias`);
  return name;
}
