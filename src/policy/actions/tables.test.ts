import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as logsSdk from '@aws-sdk/client-cloudwatch-logs';
import * as ecrSdk from '@aws-sdk/client-ecr';
import * as ecrPublicSdk from '@aws-sdk/client-ecr-public';
import * as ecsSdk from '@aws-sdk/client-ecs';
import * as iamSdk from '@aws-sdk/client-iam';
import * as kmsSdk from '@aws-sdk/client-kms';
import * as secretsManagerSdk from '@aws-sdk/client-secrets-manager';
import * as ssmSdk from '@aws-sdk/client-ssm';
import * as stsSdk from '@aws-sdk/client-sts';
import { managedPolicies } from '../managed/all.ts';
import { documentOf } from '../managed/managed-policy.ts';
import { compilePolicy } from '../policy.ts';
import { ecr } from './ecr.ts';
import { ecrPublic } from './ecr-public.ts';
import { ecs } from './ecs.ts';
import { iam } from './iam.ts';
import { kms } from './kms.ts';
import { logs } from './logs.ts';
import { secretsmanager } from './secretsmanager.ts';
import { ssm } from './ssm.ts';
import { sts } from './sts.ts';
import { actionOf, resourceTypesOf } from './table.ts';

/** Names of the operations that an SDK client exports (`RunTask$` is [9, namespace, name, …]). */
const operationsOf = (sdk: Readonly<Record<string, unknown>>): string[] =>
  Object.values(sdk)
    .filter((schema): schema is readonly [9, string, string] => Array.isArray(schema) && schema[0] === 9)
    .map((schema) => schema[2]);

const withSdk = [
  [ecs, ecsSdk],
  [sts, stsSdk],
  [logs, logsSdk],
  [secretsmanager, secretsManagerSdk],
  [ecr, ecrSdk],
  [ecrPublic, ecrPublicSdk],
  [iam, iamSdk as Readonly<Record<string, unknown>>],
] as const;

const tables = [ecs, sts, logs, iam, ecr, ecrPublic, kms, secretsmanager, ssm];

describe('tables of actions', () => {
  it('kms: every operation of the SDK has its action; ReEncrypt has two of its own', () => {
    const lacking = operationsOf(kmsSdk).filter((operation) => !actionOf(kms, operation));
    assert.deepEqual(lacking, ['ReEncrypt']);
    assert.ok(actionOf(kms, 'ReEncryptFrom') && actionOf(kms, 'ReEncryptTo'));
  });
  it('ssm: every operation of Parameter Store has its action', () => {
    const ofParameters = /Parameter(s|sByPath|History|Version)?$|^(AddTags|RemoveTags|ListTags)|ResourcePolic/;
    const operations = operationsOf(ssmSdk).filter((operation) => ofParameters.test(operation));
    assert.deepEqual(operations.sort(), Object.keys(ssm.actions).sort());
  });
  for (const [table, sdk] of withSdk) {
    it(`${table.prefix}: every operation of the SDK has its action`, () => {
      const operations = operationsOf(sdk);
      assert.ok(operations.length > 5);
      assert.deepEqual(
        operations.filter((operation) => !actionOf(table, operation)),
        [],
      );
    });
    it(`${table.prefix}: an unlisted operation is one of the SDK's, and no action`, () => {
      for (const name of table.free ?? []) assert.ok(operationsOf(sdk).includes(name), name);
      for (const name of table.unlisted) {
        assert.ok(operationsOf(sdk).includes(name), name);
        assert.ok(!Object.hasOwn(table.actions, name), name);
      }
    });
  }
  for (const table of tables) {
    it(`${table.prefix}: resource types are defined, dependent actions are written in full`, () => {
      for (const [name, action] of Object.entries(table.actions)) {
        for (const type of resourceTypesOf(action))
          assert.ok(Object.hasOwn(table.resources, type.name), `${name}: ${type.name}`);
        for (const one of action.dependent ?? []) {
          const [prefix, dependent] = one.split(':');
          const owner = tables.find((other) => other.prefix === prefix);
          assert.ok(owner && Object.hasOwn(owner.actions, dependent!), `${name}: ${one}`);
        }
      }
      for (const { arn } of Object.values(table.resources)) assert.match(arn, /^arn:\{Partition\}:[a-z-]+:/);
    });
  }
});

describe('policies that AWS publishes', () => {
  for (const [arn, policy] of managedPolicies) {
    it(arn, () => {
      const compiled = compilePolicy(documentOf(policy), 'identity');
      assert.equal('malformed' in compiled ? compiled.malformed : undefined, undefined);
      assert.match(arn, /^arn:aws:iam::aws:policy\/[A-Za-z0-9_/-]+$/);
      const known = new Map([ecs, sts, logs, iam, ecr, kms, secretsmanager].map((table) => [table.prefix, table]));
      const named = policy.statements.flatMap((statement) => [statement.Action ?? []].flat());
      for (const action of named) {
        const [prefix, name] = action.split(':');
        const table = known.get(prefix!);
        if (table && !name!.includes('*')) assert.ok(actionOf(table, name!), `there is no ${action}`);
      }
    });
  }
});
