/**
 * Parameters that AWS publishes in every account and ECS users read. What they say is true of Slipway: there are no
 * machine images here, so the ids are numbers of ours (zeros in front; AWS has no such images) and the image's name says
 * `slipway`; the Fluent Bit image is the public one, which everybody may pull.
 */
import { partitionOf } from '#model/arn.ts';

export interface PublicParameter {
  readonly name: string;
  readonly arn: string;
  readonly value: string;
  readonly dataType: 'text' | 'aws:ec2:image';
}

/** When they were last changed: with this file. */
export const publicParametersModifiedAt = Date.UTC(2026, 0, 1);

interface Variant {
  readonly path: string;
  readonly os: string;
  /** Told apart in the image id: 1, 2 … */
  readonly number: number;
}

const variants: readonly Variant[] = [
  { path: 'amazon-linux-2', os: 'Amazon Linux 2', number: 1 },
  { path: 'amazon-linux-2/arm64', os: 'Amazon Linux 2', number: 2 },
  { path: 'amazon-linux-2/gpu', os: 'Amazon Linux 2', number: 3 },
  { path: 'amazon-linux-2023', os: 'Amazon Linux 2023', number: 4 },
  { path: 'amazon-linux-2023/arm64', os: 'Amazon Linux 2023', number: 5 },
  { path: 'amazon-linux-2023/gpu', os: 'Amazon Linux 2023', number: 6 },
];

function membersOf({ path, os, number }: Variant): Readonly<Record<string, string>> {
  const name = `slipway-${path.replace('/', '-')}`;
  return {
    ecs_agent_version: 'slipway',
    ecs_runtime_version: 'Docker',
    image_id: `ami-${String(number).padStart(17, '0')}`,
    image_name: name,
    os,
  };
}

const root = '/aws/service/ecs/optimized-ami';

function* build(): Generator<readonly [string, string, PublicParameter['dataType']]> {
  for (const variant of variants) {
    const members = membersOf(variant);
    const at = `${root}/${variant.path}/recommended`;
    yield [at, JSON.stringify({ ...members, schema_version: 1, source_image_name: members['image_name'] }), 'text'];
    for (const [member, value] of Object.entries(members)) {
      yield [`${at}/${member}`, value, member === 'image_id' ? 'aws:ec2:image' : 'text'];
    }
  }
  for (const tag of ['stable', 'latest']) {
    yield [
      `/aws/service/aws-for-fluent-bit/${tag}`,
      `public.ecr.aws/aws-observability/aws-for-fluent-bit:${tag}`,
      'text',
    ];
  }
}

const all = new Map([...build()].map((one) => [one[0], one]));

const inRegion = (region: string, [name, value, dataType]: readonly [string, string, PublicParameter['dataType']]) => ({
  name,
  value,
  dataType,
  arn: `arn:${partitionOf(region)}:ssm:${region}::parameter${name}`,
});

export function publicParameter(region: string, name: string): PublicParameter | undefined {
  const found = all.get(name);
  return found && inRegion(region, found);
}

/** In the order of their names. */
export const publicParameters = (region: string): PublicParameter[] =>
  [...all.values()].sort(([a], [b]) => (a < b ? -1 : 1)).map((one) => inRegion(region, one));
