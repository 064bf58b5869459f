/** What every operation needs is said by its service, and said in actions that AWS has. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '#lib/clock.ts';
import { silentLogger } from '#lib/logger.ts';
import { seededRandom } from '#lib/random.ts';
import type { ActionTable } from '#policy/actions/table.ts';
import type { Permission } from '#protocol/authorize.ts';
import { requiredChecker } from '#protocol/schema/required.ts';
import { isOperationSchema, toOperation } from '#protocol/schema/shape.ts';
import type { Principal, RequestContext, ServiceDefinition } from '#protocol/service.ts';
import { volatileJournal } from '#store/journals/volatile.ts';
import { Store } from '#store/store.ts';
import { allTables } from '#store/tables/all.ts';
import { arbitraryInput } from './support/arbitrary-input.ts';

const source = join(import.meta.dirname, '../src');
const modulesOf = (folder: string, names: readonly string[]): Promise<Record<string, unknown>[]> =>
  Promise.all(names.map((name) => import(join(source, folder, name))));

async function definitions(): Promise<ServiceDefinition[]> {
  const names = readdirSync(join(source, 'services'))
    .map((name) => join(name, 'index.ts'))
    .filter((name) => existsSync(join(source, 'services', name)));
  const modules = await modulesOf('services', names);
  return modules.map((module) => {
    const named = (pattern: RegExp) => Object.entries(module).find(([name]) => pattern.test(name))?.[1];
    const create = named(/^define\w+Service$/) ?? named(/^create\w+Service$/);
    return (create as (options: object) => ServiceDefinition)({});
  });
}

const isTable = (value: unknown): value is ActionTable =>
  typeof value === 'object' && value !== null && 'prefix' in value && 'actions' in value;
const files = readdirSync(join(source, 'policy/actions')).filter((name) => !name.includes('.test.'));
const tables = (await modulesOf('policy/actions', files)).flatMap((module) => Object.values(module).filter(isTable));
const known = new Set(
  tables.flatMap(({ prefix, actions, unlisted }) =>
    [...Object.keys(actions), ...unlisted].map((name) => `${prefix}:${name}`),
  ),
);

const store = await Store.open({ journal: volatileJournal(), tables: allTables });
const account = '123456789012';
const principal: Principal = {
  account,
  arn: `arn:aws:iam::${account}:user/ada`,
  userId: 'AIDAEXAMPLEEXAMPLE01',
  accessKeyId: 'AKIAEXAMPLE',
};

function contextOf(service: ServiceDefinition, operation: string): RequestContext {
  return {
    requestId: 'r',
    account,
    region: 'us-east-1',
    principal,
    service: service.name,
    operation,
    clock: new FakeClock(),
    random: seededRandom(1),
    logger: silentLogger,
    store: store.session(),
    deps: service.deps,
    endpoint: 'http://127.0.0.1:4566',
    sourceIp: '127.0.0.1',
    userAgent: '',
    secure: false,
    require: () => assert.fail('permissions ask for nothing themselves'),
    signal: new AbortController().signal,
  };
}

function checkPermission(service: string, { action, resource }: Permission): void {
  assert.match(action, /^[a-z0-9-]+:[A-Za-z0-9]+$/);
  const prefix = action.slice(0, action.indexOf(':'));
  if (prefix !== 'slipway') assert.ok(known.has(action), `${service} asks for ${action}`);
  assert.equal(typeof resource, 'string', `${action} on ${resource}`);
}

for (const service of await definitions()) {
  const { schemas, handlers, permissions = {} } = await service.load();
  describe(service.name, () => {
    const table = tables.find(({ prefix }) => prefix === service.name);
    /** Without an entry an operation needs its own action on `*`, which is right where the action knows no resource. */
    const lacking = Object.keys(handlers).filter(
      (name) => !Object.hasOwn(permissions, name) && (table?.actions[name]?.on ?? []).length > 0,
    );
    test('says of every operation what it needs', () => {
      assert.notDeepEqual(permissions, {});
      assert.deepEqual(lacking, []);
    });

    test('says nothing of operations that there are not', () => {
      assert.deepEqual(
        Object.keys(permissions).filter(
          (name) => !Object.hasOwn(handlers, name) && !Object.hasOwn(schemas, `${name}$`),
        ),
        [],
      );
    });

    for (const schema of Object.values(schemas).filter(isOperationSchema)) {
      const operation = toOperation(schema);
      const permission = permissions[operation.name];
      if (!permission || !Object.hasOwn(handlers, operation.name)) continue;
      test(`${operation.name} needs actions that there are, whatever its input`, () => {
        const context = contextOf(service, operation.name);
        const missing = requiredChecker(operation.input);
        fc.assert(
          fc.property(arbitraryInput(operation.input), (input) => {
            fc.pre(missing(input).length === 0);
            for (const one of [permission(context, input)].flat()) checkPermission(service.name, one);
          }),
          { numRuns: 60 },
        );
      });
    }
  });
}
