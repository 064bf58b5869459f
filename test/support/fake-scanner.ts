/** A program by the name of Trivy that prints what Trivy prints, once it is let go on. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface FakeTrivy {
  /** For PATH. */
  readonly directory: string;
  /** A scan has begun, and waits. */
  hasBegun(): boolean;
  /** Lets the scans that wait go on, and every later one. */
  release(): Promise<void>;
}

const report = {
  SchemaVersion: 2,
  Metadata: { OS: { Family: 'debian', Name: '12.5' } },
  Results: [
    {
      Class: 'os-pkgs',
      Type: 'debian',
      Vulnerabilities: [
        {
          VulnerabilityID: 'CVE-2024-0001',
          PkgName: 'libc6',
          InstalledVersion: '2.36-9',
          Severity: 'HIGH',
          Title: 'a title',
        },
      ],
    },
  ],
};

export async function makeFakeTrivy(directory: string): Promise<FakeTrivy> {
  const [go, begun] = [join(directory, 'go'), join(directory, 'begun')];
  await writeFile(join(directory, 'image.json'), JSON.stringify(report));
  await writeFile(join(directory, 'version.json'), '{"VulnerabilityDB":{"UpdatedAt":"2026-01-01T00:00:00Z"}}');
  const script = `#!/bin/sh
[ "$1" = version ] && exec cat '${directory}/version.json'
touch '${begun}'
while [ ! -e '${go}' ]; do sleep 0.05; done
exec cat '${directory}/image.json'
`;
  await writeFile(join(directory, 'trivy'), script, { mode: 0o755 });
  return { directory, hasBegun: () => existsSync(begun), release: () => writeFile(go, '') };
}
