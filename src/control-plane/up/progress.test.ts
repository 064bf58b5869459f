import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { createProgress } from './progress.ts';

const plain = { good: (text: string) => text, dim: (text: string) => text };

function setUp(isTTY: boolean) {
  const clock = new FakeClock();
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  return { clock, progress: createProgress({ write, isTTY }, clock, plain), said: () => text };
}

test('without a terminal every change is a line of its own, and nothing is said twice', async () => {
  const { progress, clock, said } = setUp(false);
  await progress.step(
    'Tasks',
    async (step) => {
      step.note('1 of 2');
      step.note('1 of 2');
      step.note('2 of 2');
      clock.advance(3000);
      return 2;
    },
    (count) => `${count} running`,
  );
  assert.equal(said(), '  Tasks: 1 of 2\n  Tasks: 2 of 2\n✓ Tasks: 2 running (3.0 s)\n');
});

test('on a terminal the line is written over', async () => {
  const { progress, said } = setUp(true);
  await progress.step('Tasks', async (step) => step.note('1 of 2'));
  assert.equal(said(), '• Tasks …\r\u001b[2K• Tasks: 1 of 2\r\u001b[2K✓ Tasks\n');
});

test('a failing step is passed on', async () => {
  const { progress } = setUp(false);
  await assert.rejects(
    progress.step('Tasks', async () => {
      throw new Error('no');
    }),
    /no/,
  );
});
