/** What the contract tests of IAM share. */
import assert from 'node:assert/strict';
import { CreateAccessKeyCommand, type IAMClient } from '@aws-sdk/client-iam';
import type { ClientOptions } from '../../support/control-plane.ts';

/** The SDK's error, its HTTP status, and its message whole or by pattern. */
export const fails = (promise: Promise<unknown>, name: string, status: number, message: string | RegExp) =>
  assert.rejects(promise, (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
    assert.deepEqual([error.name, error.$metadata?.httpStatusCode], [name, status], error.message);
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  });

export const trust = (...services: readonly string[]) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: services }, Action: 'sts:AssumeRole' }],
  });

export const policy = (...statements: readonly object[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });

export const allow = (action: string | readonly string[], resource: string | readonly string[] = '*') => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
});

/** Answers hold documents percent-encoded. */
export const decode = (document: string | undefined) => JSON.parse(decodeURIComponent(document ?? ''));

export async function keyOf(iam: IAMClient, UserName: string): Promise<NonNullable<ClientOptions['credentials']>> {
  const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: key!.AccessKeyId!, secretAccessKey: key!.SecretAccessKey! };
}
