import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type ContainerEngine, type ContainerSpec, type EngineEvent, isEngineError, type LogLine } from './engine.ts';

/**
 * What every engine must do. Needs the image `busybox` on the engine and real time passing. Containers and volumes made
 * here are labelled and removed.
 */
const label = 'com.slipway.engine-suite';

export interface SuiteSubject {
  readonly engine: ContainerEngine;
  /** Goes into names, so that runs do not meet. */
  readonly tag: string;
}

async function until<T>(what: string, read: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function engineSuite(name: string, subject: SuiteSubject): void {
  const { engine, tag } = subject;
  let count = 0;
  const made: string[] = [];
  const spec = (command: string[], more: Partial<ContainerSpec> = {}): ContainerSpec => ({
    name: `suite-${tag}-${++count}`,
    config: { Image: 'busybox', Cmd: command, Labels: { [label]: tag }, ...more.config },
    hostConfig: { ...more.hostConfig },
  });
  const create = async (container: ContainerSpec) => {
    const { containerId } = await engine.createContainer(container);
    made.push(containerId);
    return containerId;
  };
  const run = async (command: string[], more: Partial<ContainerSpec> = {}) => {
    const id = await create(spec(command, more));
    await engine.startContainer(id);
    return id;
  };
  const exited = (id: string) =>
    until('the exit', async () => {
      const found = await engine.inspectContainer(id);
      return found.state === 'exited' ? found : undefined;
    });

  const ready = (id: string) =>
    until('readiness', async () => {
      for await (const line of engine.logs(id, { follow: false })) if (line.message === 'ready') return true;
      return undefined;
    });

  describe(`container engine: ${name}`, () => {
    after(async () => {
      for (const id of made) await engine.removeContainer(id, { force: true });
      engine.close();
    });

    it('answers who it is and what it has', async () => {
      await engine.ping();
      const version = await engine.version();
      assert.match(version.apiVersion, /^\d+\.\d+$/);
      const info = await engine.info();
      assert.ok(info.cpus >= 1 && info.memoryBytes > 0);
      assert.match(info.bridgeGateway ?? '', /^\d+\.\d+\.\d+\.\d+$/);
    });

    it('knows its images, and says which are missing', async () => {
      const image = await engine.inspectImage('busybox');
      assert.match(image.imageId, /^sha256:[0-9a-f]+$/);
      await assert.rejects(engine.inspectImage('slipway-suite/no-such-image'), (error) =>
        isEngineError(error, 'not-found'),
      );
      await assert.rejects(
        engine.createContainer(spec([], { config: { Image: 'slipway-suite/no-such-image' } })),
        (error) => isEngineError(error, 'not-found'),
      );
    });

    it('fails to pull what no registry has', async () => {
      await assert.rejects(engine.pullImage('127.0.0.1:9/no/such-image:1'), (error) => isEngineError(error));
    });

    it('creates, runs and reports an exit code and times', async () => {
      const id = await create(spec(['sh', '-c', 'sleep 0.3; exit 3']));
      const before = await engine.inspectContainer(id);
      assert.deepEqual([before.state, before.startedAtMs], ['created', undefined]);
      await engine.startContainer(id);
      const found = await exited(id);
      assert.equal(found.exitCode, 3);
      assert.equal(found.oomKilled, false);
      assert.ok(found.createdAtMs <= found.startedAtMs! && found.startedAtMs! <= found.finishedAtMs!);
      assert.equal(found.labels[label], tag);
    });

    it('starts a running container again without complaint, and a stopped one anew', async () => {
      const id = await run(['sh', '-c', 'trap "exit 0" TERM; echo ready; while :; do sleep 0.1; done']);
      await ready(id);
      await engine.startContainer(id);
      await engine.stopContainer(id, { timeoutMs: 10_000 });
      await engine.startContainer(id);
      assert.equal((await engine.inspectContainer(id)).state, 'running');
    });

    it('refuses a name that is taken', async () => {
      const container = spec(['sleep', '600']);
      await create(container);
      await assert.rejects(engine.createContainer(container), (error) => isEngineError(error, 'conflict'));
    });

    it('stops with SIGTERM when the container listens', async () => {
      const id = await run(['sh', '-c', 'trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done']);
      await ready(id);
      await engine.stopContainer(id, { timeoutMs: 10_000 });
      assert.equal((await exited(id)).exitCode, 7);
      await engine.stopContainer(id, { timeoutMs: 10_000 });
    });

    it('kills after the grace period when it does not', async () => {
      const id = await run(['sleep', '600']);
      await engine.stopContainer(id, { timeoutMs: 1_000 });
      assert.equal((await exited(id)).exitCode, 137);
      await assert.rejects(engine.killContainer(id), (error) => isEngineError(error, 'conflict'));
    });

    it('tells of starts, exits and removals in order', async () => {
      const events: EngineEvent[] = [];
      const subscription = await engine.watchEvents((event) => events.push(event));
      const id = await run(['sh', '-c', 'exit 5']);
      await exited(id);
      await engine.removeContainer(id);
      const mine = await until('the events', () => {
        const own = events.filter((event) => event.containerId === id);
        return own.some((event) => event.type === 'destroy') ? own : undefined;
      });
      assert.deepEqual(
        mine.map((event) => event.type),
        ['start', 'die', 'destroy'],
      );
      assert.equal(mine[1]!.type === 'die' && mine[1]!.exitCode, 5);
      assert.equal(mine[0]!.labels[label], tag);
      subscription.close();
      await subscription.ended;
    });

    it('reports health', async () => {
      const events: EngineEvent[] = [];
      const subscription = await engine.watchEvents((event) => events.push(event));
      const Healthcheck = { Test: ['CMD-SHELL', 'exit 0'], Interval: 100_000_000, Timeout: 5_000_000_000, Retries: 2 };
      const id = await run(['sleep', '600'], { config: { Image: 'busybox', Healthcheck } });
      await until('the health event', () =>
        events.find((event) => event.containerId === id && event.type === 'health' && event.status === 'healthy'),
      );
      assert.equal((await engine.inspectContainer(id)).health?.status, 'healthy');
      subscription.close();
    });

    it('follows both output streams to the end', async () => {
      const id = await run(['sh', '-c', 'echo one; echo two >&2; sleep 0.2; echo three']);
      const lines: LogLine[] = [];
      for await (const line of engine.logs(id)) lines.push(line);
      const of = (stream: string) => lines.filter((line) => line.stream === stream).map((line) => line.message);
      assert.deepEqual([of('stdout'), of('stderr')], [['one', 'three'], ['two']]);
      const last = lines.find((line) => line.message === 'three')!;
      const again: string[] = [];
      for await (const line of engine.logs(id, { sinceNs: last.timestampNs, follow: false })) again.push(line.message);
      assert.deepEqual(again, ['three']);
    });

    it('lists by label', async () => {
      const id = await run(['sleep', '600']);
      const all = await engine.listContainers({ labels: { [label]: tag } });
      assert.equal(all.find((entry) => entry.containerId === id)?.state, 'running');
      assert.ok((await engine.listContainers({ labels: { [label]: '' } })).some((entry) => entry.containerId === id));
      assert.deepEqual(await engine.listContainers({ labels: { [label]: 'nobody' } }), []);
    });

    it('refuses to share a host port, naming it', async () => {
      const port = String(20_000 + (process.pid % 10_000));
      const more = {
        config: { Image: 'busybox', ExposedPorts: { '80/tcp': {} } },
        hostConfig: { PortBindings: { '80/tcp': [{ HostPort: port }] } },
      };
      const id = await run(['sleep', '600'], more);
      const found = await engine.inspectContainer(id);
      assert.ok(found.ports.some((entry) => entry.containerPort === 80 && entry.hostPort === Number(port)));
      const second = await create(spec(['sleep', '600'], more));
      await assert.rejects(engine.startContainer(second), /port is already allocated/);
    });

    it('keeps volumes while they are used', async () => {
      const volume = `suite-${tag}`;
      await engine.createVolume({ name: volume, labels: { [label]: tag } });
      assert.equal((await engine.inspectVolume(volume)).name, volume);
      const id = await create(spec(['true'], { hostConfig: { Binds: [`${volume}:/data`] } }));
      await assert.rejects(engine.removeVolume(volume), (error) => isEngineError(error, 'conflict'));
      await engine.removeContainer(id, { force: true });
      await engine.removeVolume(volume);
      await engine.removeVolume(volume);
      await assert.rejects(engine.inspectVolume(volume), (error) => isEngineError(error, 'not-found'));
    });

    it('samples what a running container uses, and says when it does not run', async () => {
      const id = await run(['sleep', '600']);
      const sample = await engine.statsOnce(id);
      assert.ok(sample.onlineCpus >= 1 && sample.memoryUsageBytes >= 0 && sample.document);
      await engine.killContainer(id);
      await exited(id);
      await assert.rejects(engine.statsOnce(id), (error) => isEngineError(error));
    });

    it('says what does not exist', async () => {
      await assert.rejects(engine.inspectContainer('suite-nobody'), (error) => isEngineError(error, 'not-found'));
      await assert.rejects(engine.startContainer('suite-nobody'), (error) => isEngineError(error, 'not-found'));
      await assert.rejects(engine.stopContainer('suite-nobody', { timeoutMs: 0 }), (error) =>
        isEngineError(error, 'not-found'),
      );
      await engine.removeContainer('suite-nobody');
    });
  });
}
