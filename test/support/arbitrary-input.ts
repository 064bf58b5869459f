/** Inputs of the right types and of any content, made from the schema of an operation. */
import fc from 'fast-check';
import type { Member, Shape } from '#protocol/schema/shape.ts';

const words =
  'default a hello hello:1 hello:9 none ACTIVE INACTIVE RUNNING STOPPED PENDING DRAINING EC2 FARGATE EXTERNAL bridge host awsvpc none tcp udp CPU MEMORY PORTS INTEGER STRINGSET REPLICA DAEMON ECS CODE_DEPLOY START COMPLETE SUCCESS HEALTHY awslogs json-file task SERVICE TASK_DEFINITION spread binpack random memberOf distinctInstance attribute:x==y container-instance 256 512 0.5vCPU 1GB 8000-8010 enabled disabled containerInsights serviceLongArnFormat ENABLED CMD-SHELL CMD * [w1,w2] {$.a=1} "x" /a STANDARD LINUX X86_64 CAP_SYS_ADMIN nofile private local shared rprivate'.split(
    ' ',
  );
const text = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...words) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          'cluster/default',
          'task/default/0',
          'service/default/a',
          'container-instance/default/0',
          'task-definition/hello:1',
          'x',
          '',
        ),
        fc.constantFrom('ecs', 'logs', ''),
      )
      .map(([resource, service]) => `arn:aws:${service}:us-east-1:123456789012:${resource}`),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', '-', 'x'.repeat(3000), '\u0000', '../..', '%00', '{x}') },
);
const number = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 2, arbitrary: fc.integer({ min: -2, max: 70_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e300, 1.7e12) },
);

const optional = (member: Member, depth: number, required: boolean): fc.Arbitrary<unknown> => {
  const value = fc.constant(null).chain(() => arbitraryInput(member.shape(), depth - 1));
  // Most members are left out most of the time, or hardly any input would get past the first check.
  return required
    ? fc.oneof({ weight: 20, arbitrary: value }, { weight: 1, arbitrary: fc.constant(undefined) })
    : fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
};

/** A JSON value of `shape`; deeper than `depth` only leaves and empty containers. */
export function arbitraryInput(shape: Shape, depth = 7): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'structure': {
      if (depth <= 0) return fc.constant({});
      const fields = shape.members.map((member, i) => [member.name, optional(member, depth, i < shape.requiredCount)]);
      return fc.record(Object.fromEntries(fields));
    }
    case 'list':
      return depth <= 0 ? fc.constant([]) : fc.array(arbitraryInput(shape.member.shape(), depth - 1), { maxLength: 3 });
    case 'map':
      return depth <= 0
        ? fc.constant({})
        : fc.dictionary(text, arbitraryInput(shape.value.shape(), depth - 1), { maxKeys: 3 });
    case 'number':
    case 'bigInteger':
    case 'bigDecimal':
      return number;
    case 'boolean':
      return fc.boolean();
    case 'timestamp':
      return fc.oneof(number, fc.constantFrom(1.7e9, -1, 0));
    case 'blob':
      return fc.constantFrom('', 'aGk=');
    case 'document':
      return fc.json().map((value) => JSON.parse(value));
    default:
      return text;
  }
}
