import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { taskDefinitionRow, taskRow } from '../../test/support/task-rows.ts';
import { RoleCredentialsBook } from './role-credentials.ts';

const hour = 3_600_000;
const roleArn = 'arn:aws:iam::123456789012:role/app';

function open() {
  const clock = new FakeClock();
  let refused: string | undefined;
  let made = 0;
  const book = new RoleCredentialsBook({
    clock,
    logger: silentLogger,
    roles: {
      assume: (_task, arn, type) =>
        refused === undefined
          ? {
              credentialsId: `id of ${type}`,
              roleArn: arn,
              accessKeyId: `ASIA${++made}`,
              secretAccessKey: 's',
              sessionToken: 't',
              expiration: new Date(clock.now() + 6 * hour).toISOString(),
            }
          : { refused },
    },
  });
  const task = taskRow();
  const definition = taskDefinitionRow({ taskRoleArn: roleArn });
  const renew = (known = true) => [...book.renewals(() => (known ? { task, definition } : undefined))];
  const sent = book.forPayload(task, definition);
  assert.ok(!('refused' in sent) && sent.roleCredentials);
  const refuse = (reason: string | undefined) => {
    refused = reason;
  };
  return { clock, book, task, renew, first: sent.roleCredentials, refuse };
}

it('is renewed a minute after it was sent, unless it was acknowledged', () => {
  const { clock, book, renew, first } = open();
  assert.equal(renew().length, 0);
  clock.advance(60_000);
  const [again] = renew();
  assert.deepEqual([again?.roleType, again?.roleCredentials.credentialsId], ['TaskApplication', first.credentialsId]);
  assert.equal(renew().length, 0, 'not twice at once');
  book.acknowledge(first.credentialsId, again!.roleCredentials.expiration);
  clock.advance(60_000);
  assert.equal(renew().length, 0);
});

it('is renewed when half of its life is over, and again each minute until the agent has it', () => {
  const { clock, book, renew, first } = open();
  book.acknowledge(first.credentialsId, first.expiration);
  clock.advance(3 * hour - 1);
  assert.equal(renew().length, 0);
  clock.advance(1);
  assert.equal(renew().length, 1);
  clock.advance(60_000);
  const [last] = renew();
  book.acknowledge(first.credentialsId, last!.roleCredentials.expiration);
  clock.advance(2 * hour);
  assert.equal(renew().length, 0);
});

it('goes on being tried while the role cannot be assumed, and ends with the task', () => {
  const { clock, book, renew, task, refuse } = open();
  refuse('no');
  clock.advance(60_000);
  assert.equal(renew().length, 0);
  refuse(undefined);
  clock.advance(60_000);
  assert.equal(renew(false).length, 0, 'nobody knows the task');
  assert.equal(renew().length, 1);
  book.forget(task.arn);
  clock.advance(60_000);
  assert.equal(renew().length, 0);
});
