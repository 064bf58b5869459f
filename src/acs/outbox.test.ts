import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Outbox } from './outbox.ts';

function newOutbox(): Outbox {
  let id = 0;
  return new Outbox(() => `m${++id}`);
}

describe('the outbox', () => {
  it('gives stops before starts, and starts in their order', () => {
    const outbox = newOutbox();
    outbox.want('a', 'RUNNING');
    outbox.want('b', 'RUNNING');
    outbox.want('c', 'STOPPED');
    const order: string[] = [];
    for (let delivery = outbox.next(); delivery; delivery = outbox.next()) {
      order.push(delivery.taskArn);
      outbox.sent(delivery, order.length, 0);
    }
    assert.deepEqual(order, ['c', 'a', 'b']);
    assert.equal(outbox.inFlight, 3);
  });

  it('lets a stop take the place of a start: the acknowledgement of the start then means nothing', () => {
    const outbox = newOutbox();
    outbox.want('a', 'RUNNING');
    const start = outbox.next()!;
    outbox.sent(start, 1, 0);
    outbox.want('a', 'STOPPED');
    assert.equal(outbox.acknowledge(start.messageId), undefined);
    assert.equal(outbox.next()?.wanted, 'STOPPED');
    outbox.want('a', 'RUNNING');
    assert.equal(outbox.next()?.wanted, 'STOPPED');
  });

  it('never loses a fact: everything wanted is waiting, on its way, acknowledged or dropped', () => {
    const action = fc.record({
      what: fc.constantFrom('want', 'stop', 'send', 'ack', 'requeue', 'drop'),
      task: fc.constantFrom('a', 'b', 'c'),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const outbox = newOutbox();
        const open = new Map<string, string>();
        const onTheWay: string[] = [];
        for (const [nowMs, { what, task }] of actions.entries()) {
          if (what === 'want' || what === 'stop') {
            const wanted = what === 'want' ? 'RUNNING' : 'STOPPED';
            outbox.want(task, wanted);
            if (open.get(task) !== 'STOPPED') open.set(task, wanted);
          } else if (what === 'send') {
            const delivery = outbox.next();
            if (delivery) outbox.sent(delivery, nowMs, nowMs);
            if (delivery) onTheWay.push(delivery.messageId);
          } else if (what === 'ack') {
            const done = outbox.acknowledge(onTheWay.shift() ?? '');
            if (done) open.delete(done.taskArn);
          } else if (what === 'requeue') {
            outbox.requeue(nowMs, () => 5);
          } else {
            outbox.drop(task);
            open.delete(task);
          }
        }
        outbox.requeue(Number.MAX_SAFE_INTEGER, () => 0);
        const left = new Map<string, string>();
        for (let delivery = outbox.next(); delivery; delivery = outbox.next()) {
          left.set(delivery.taskArn, delivery.wanted);
          outbox.sent(delivery, 0, 0);
        }
        assert.deepEqual([...left].sort(), [...open].sort());
      }),
    );
  });
});
