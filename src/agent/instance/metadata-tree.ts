/** What the instance metadata service knows, by its paths under `meta-data/`. */
import type { InstanceFacts } from './instance-role.ts';

export interface Tree {
  readonly [name: string]: Tree | string;
}

const iso = (seconds: number) => new Date(seconds * 1000).toISOString().replace(/\.\d{3}Z$/, 'Z');
const pretty = (value: object) => JSON.stringify(value, undefined, 2);

function securityCredentials(facts: InstanceFacts): string {
  return pretty({
    Code: 'Success',
    LastUpdated: iso(facts.issuedAt),
    Type: 'AWS-HMAC',
    AccessKeyId: facts.accessKeyId,
    SecretAccessKey: facts.secretAccessKey,
    Token: facts.sessionToken,
    Expiration: iso(facts.expiresAt),
  });
}

export function treeOf(facts: InstanceFacts): Tree {
  return {
    iam: {
      info: pretty({
        Code: 'Success',
        LastUpdated: iso(facts.issuedAt),
        InstanceProfileArn: facts.instanceProfileArn,
        InstanceProfileId: facts.instanceProfileId,
      }),
      'security-credentials': { [facts.roleName]: securityCredentials(facts) },
    },
    'instance-id': facts.instanceId,
    'instance-life-cycle': 'on-demand',
    placement: { 'availability-zone': facts.availabilityZone, region: facts.region },
    services: { domain: 'amazonaws.com', partition: 'aws' },
  };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html */
export function identityDocument(facts: InstanceFacts): string {
  return pretty({
    accountId: facts.account,
    availabilityZone: facts.availabilityZone,
    instanceId: facts.instanceId,
    pendingTime: iso(facts.launchedAt),
    region: facts.region,
    version: '2017-09-30',
  });
}
