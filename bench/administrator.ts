/** The administrator's access key of a data directory, as `slipway up` keeps it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export async function readAdministrator(dataDir: string): Promise<{ accessKeyId: string; secretAccessKey: string }> {
  const { accessKeyId, secretAccessKey } = JSON.parse(await readFile(join(dataDir, 'credentials.json'), 'utf8'));
  return { accessKeyId, secretAccessKey };
}
