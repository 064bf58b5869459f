import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimLinkLocal, type RunCommand, releaseLinkLocal } from './link-local.ts';

/** The two chains of the nat table, as the iptables command sees them. */
function fakeIptables(rules: string[] = []): { readonly rules: string[]; readonly run: RunCommand } {
  const run: RunCommand = async (command, args) => {
    assert.equal(command, 'iptables');
    const [action, chain, ...rest] = args.slice(4);
    if (action === '-S')
      return `-P ${chain} ACCEPT\n${rules.filter((rule) => rule.startsWith(`-A ${chain} `)).join('\n')}\n`;
    if (action === '-I') rules.unshift(`-A ${chain} ${rest.slice(1).join(' ')}`);
    if (action === '-D') {
      const at = rules.indexOf(`-A ${chain} ${rest.join(' ')}`);
      assert.ok(at >= 0, `no such rule: ${rest.join(' ')}`);
      rules.splice(at, 1);
    }
    return '';
  };
  return { rules, run };
}

const nobody = async () => false;

test('the rules are made, taken over by the next start, and released', async () => {
  const { rules, run } = fakeIptables();
  assert.equal(await claimLinkLocal({ run, gateway: '172.17.0.1', port: 1000, isAlive: nobody }), undefined);
  assert.equal(rules.length, 2);
  assert.equal(await claimLinkLocal({ run, gateway: '172.17.0.1', port: 2000, isAlive: nobody }), undefined);
  const match = '-d 169.254.170.2/32 -p tcp -m tcp --dport 80 -m comment --comment slipway-agent-task-metadata';
  assert.deepEqual(rules.toSorted(), [
    `-A OUTPUT ${match} -j REDIRECT --to-ports 2000`,
    `-A PREROUTING ${match} -j DNAT --to-destination 172.17.0.1:2000`,
  ]);
  await releaseLinkLocal(run);
  assert.deepEqual(rules, []);
});

test('the API endpoint has rules of its own, which come and go with the others', async () => {
  const { rules, run } = fakeIptables();
  const claim = (ports: { port: number; apiPort?: number }) =>
    claimLinkLocal({ run, gateway: '172.17.0.1', ...ports, isAlive: async (port) => port === 3000 });
  assert.equal(await claim({ port: 1000, apiPort: 3000 }), undefined);
  const match = '-d 169.254.170.2/32 -p tcp -m tcp --dport 4566 -m comment --comment slipway-agent-task-metadata';
  assert.equal(rules.length, 4);
  assert.deepEqual(rules.filter((rule) => rule.includes('4566')).toSorted(), [
    `-A OUTPUT ${match} -j REDIRECT --to-ports 3000`,
    `-A PREROUTING ${match} -j DNAT --to-destination 172.17.0.1:3000`,
  ]);
  // Only the metadata endpoint says whether an agent is alive.
  assert.equal(await claim({ port: 2000 }), undefined);
  assert.equal(rules.length, 2);
});

test('rules of somebody else are left alone', async () => {
  const foreign = '-A PREROUTING -d 169.254.170.2/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 127.0.0.1:51679';
  const { rules, run } = fakeIptables([foreign]);
  assert.match((await claimLinkLocal({ run, port: 1000, isAlive: nobody })) ?? '', /another agent/);
  assert.deepEqual(rules, [foreign]);
});

test('the rules of another living Slipway agent are left alone', async () => {
  const { rules, run } = fakeIptables();
  await claimLinkLocal({ run, gateway: '172.17.0.1', port: 1000, isAlive: nobody });
  const before = [...rules];
  const refused = await claimLinkLocal({
    run,
    gateway: '172.17.0.1',
    port: 2000,
    isAlive: async (port) => port === 1000,
  });
  assert.match(refused ?? '', /another Slipway agent/);
  assert.deepEqual(rules, before);
});

test('without iptables the reason is told', async () => {
  const run: RunCommand = async () => {
    throw new Error('spawn iptables ENOENT');
  };
  assert.equal(await claimLinkLocal({ run, port: 1000, isAlive: nobody }), 'spawn iptables ENOENT');
});
