import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Harness, testContainer, testTask } from '../task-engine/harness.ts';
import { openAgentState, StateInUseError } from './agent-state.ts';

function withDirectory(run: (directory: string) => Promise<void> | void) {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'slipway-agent-state-'));
    try {
      await run(directory);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  };
}

describe('agent state', () => {
  it(
    'keeps tasks, reports and settings',
    withDirectory(async (directory) => {
      const harness = new Harness();
      await harness.run(testTask('a', [testContainer('app')]));
      const task = harness.state.loadTasks()[0]!;
      const report = harness.reports[0]!;
      harness.close();
      const first = openAgentState(directory);
      first.set('containerInstanceArn', 'arn');
      first.saveTask(task, report);
      first.saveTask({ ...task, desired: 'STOPPED' }, { ...report, status: 'STOPPED' });
      first.close();
      const second = openAgentState(directory);
      assert.equal(second.get('containerInstanceArn'), 'arn');
      assert.deepEqual(second.loadTasks(), [{ ...task, desired: 'STOPPED' }]);
      assert.deepEqual(
        second.pendingReports(0).map(({ change }) => change.status),
        ['RUNNING', 'STOPPED'],
      );
      second.removeReport(second.pendingReports(0)[0]!.id);
      second.removeTask(task.arn);
      assert.deepEqual([second.loadTasks().length, second.pendingReports(0).length], [0, 1]);
      second.close();
    }),
  );

  it(
    'refuses a directory that another process uses, and takes it over when that was killed',
    withDirectory(async (directory) => {
      const module = new URL('./agent-state.ts', import.meta.url).href;
      const script = `const { openAgentState } = await import(${JSON.stringify(module)}); globalThis.state = openAgentState(${JSON.stringify(directory)}); console.log('open'); setInterval(() => {}, 1000);`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      assert.throws(() => openAgentState(directory), StateInUseError);
      child.kill('SIGKILL');
      await once(child, 'exit');
      openAgentState(directory).close();
    }),
  );
});
