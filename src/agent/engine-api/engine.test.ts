import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '#lib/clock.ts';
import { systemRandom } from '#lib/random.ts';
import { createDockerEngine, splitImage } from './docker.ts';
import { timestampNs } from './docker-logs.ts';
import { engineSuite } from './engine.suite.ts';
import { isEngineError } from './engine.ts';
import { SimulatedEngine } from './simulated.ts';

const tag = `${process.pid}`;

engineSuite('simulated', {
  engine: new SimulatedEngine({ clock: systemClock, random: systemRandom, images: ['busybox'] }),
  tag,
});

const docker = createDockerEngine({ host: process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock' });
const missing = await docker.inspectImage('busybox').then(
  () => undefined,
  (error: Error) => error.message,
);
if (missing === undefined) engineSuite('Docker', { engine: docker, tag });
else it('container engine: Docker', { skip: `no Docker daemon with the image busybox: ${missing}` }, () => {});

describe('docker', () => {
  it('takes image names apart', () => {
    const cases = [
      ['busybox', 'busybox', 'latest'],
      ['busybox:1', 'busybox', '1'],
      ['localhost:5000/a/b', 'localhost:5000/a/b', 'latest'],
      ['localhost:5000/a/b:v2', 'localhost:5000/a/b', 'v2'],
      ['a/b@sha256:00', 'a/b', 'sha256:00'],
      ['a/b:v2@sha256:00', 'a/b', 'sha256:00'],
    ] as const;
    for (const [image, name, reference] of cases) assert.deepEqual(splitImage(image), { name, reference });
  });

  it('reads nanosecond timestamps', () => {
    assert.equal(timestampNs('1970-01-01T00:00:01.000000002Z'), 1_000_000_002n);
    assert.equal(timestampNs('1970-01-01T00:00:01.5Z'), 1_500_000_000n);
    assert.equal(timestampNs('1970-01-01T00:00:01Z'), 1_000_000_000n);
  });

  it('says unreachable when there is no daemon', async () => {
    const nobody = createDockerEngine({ host: 'unix:///nonexistent/docker.sock' });
    await assert.rejects(nobody.ping(), (error) => isEngineError(error, 'unreachable'));
    await assert.rejects(nobody.listContainers(), (error) => isEngineError(error, 'unreachable'));
    nobody.close();
  });
});
