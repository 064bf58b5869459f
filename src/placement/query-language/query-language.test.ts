import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { matchesQuery } from './evaluate.ts';
import type { QueriedInstance } from './expression.ts';
import { QuerySyntaxError } from './lexer.ts';
import { parseQuery } from './parse.ts';

const groups = ['service:web', 'family:batch'];
const instance: QueriedInstance = {
  ec2InstanceId: 'i-0abc',
  agentConnected: true,
  agentVersion: '1.10.2',
  registeredAt: Date.UTC(2026, 5, 18, 22, 28, 28),
  runningTasksCount: 3,
  attributes: new Map([
    ['ecs.instance-type', 't2.small'],
    ['ecs.availability-zone', 'us-east-1a'],
    ['stack', 'prod'],
    ['rank', '10'],
    ['bare', ''],
  ]),
  hasTaskGroup: (group) => groups.includes(group),
  taskGroups: () => groups,
};

const cases: readonly [string, boolean][] = [
  ['attribute:ecs.instance-type == t2.small', true],
  ['attribute:ecs.instance-type equals t2.small', true],
  ['attribute:ecs.instance-type != t2.small', false],
  ['attribute:ecs.instance-type =~ t2.*', true],
  ['attribute:ecs.instance-type =~ t2', false],
  ['attribute:ecs.instance-type !~ g2.*', true],
  ['attribute:ecs.instance-type matches (t2|t3)\\.small', true],
  ['(attribute:ecs.instance-type =~ t[23].*)', true],
  ['attribute:ecs.availability-zone in [us-east-1a, us-east-1b]', true],
  ["attribute:ecs.availability-zone in ['us-east-1b']", false],
  ['attribute:ecs.availability-zone !in [us-east-1b]', true],
  ['attribute:ecs.availability-zone not_in [us-east-1a]', false],
  ['attribute:stack exists', true],
  ['attribute:stack !exists', false],
  ['attribute:bare exists', true],
  ['attribute:missing !exists', true],
  ['attribute:missing not_exists', true],
  ['attribute:missing == x', false],
  ['attribute:missing != x', true],
  ['attribute:rank > 9', true],
  ['attribute:rank less_than 9', false],
  ['task:group == service:web', true],
  ['task:group == service:api', false],
  ['task:group != service:api', true],
  ['task:group in [service:api, family:batch]', true],
  ['task:group =~ service:.*', true],
  ['task:group !~ service:.*', false],
  ['not(task:group == database)', true],
  ['!(task:group == service:web)', false],
  ['not attribute:stack == prod', false],
  ['attribute:stack == prod and attribute:rank == 10', true],
  ['attribute:stack == test && attribute:rank == 10 || agentConnected == true', true],
  ['attribute:stack == test && (attribute:rank == 10 || agentConnected == true)', false],
  ['agentConnected == false or agentConnected != false', true],
  ['ec2InstanceId in ["i-0abc", "i-1def"]', true],
  ['ec2InstanceId =~ i-0.*', true],
  ['agentVersion >= 1.9.0', true],
  ['agentVersion < 1.10', false],
  ['agentVersion <= 1.10.2', true],
  ['runningTasksCount > 2', true],
  ['runningTasksCount == 0', false],
  ['registeredAt == 2026-06-18', true],
  ['registeredAt < 2026-06-19', true],
  ['registeredAt > 2026-06-18', false],
  ['registeredAt == 2026-06-18T22:28', true],
  ['registeredAt >= 2026-06-18T22:28:28Z', true],
  ['registeredAt <= 2026-06-18T23:28:28+01:00', true],
];

const refused: readonly string[] = [
  '',
  'attribute:stack',
  'attribute: == x',
  'nonsense == x',
  'attribute:stack == ',
  'attribute:stack === x',
  'attribute:stack in []',
  'attribute:stack in [a, ]',
  'attribute:stack in a',
  '(attribute:stack == prod',
  'attribute:stack == prod)',
  'attribute:stack == prod and',
  "attribute:stack == 'prod",
  'attribute:stack =~ [',
  'attribute:stack =~ (a+)+',
  'attribute:stack ! prod',
  'attribute:constructor constructor x',
  'ec2InstanceId > i-0',
  'agentVersion in [1.2]',
  'runningTasksCount > many',
  'registeredAt > yesterday',
  'registeredAt > 2026-13-40',
  `attribute:stack == ${'x'.repeat(2000)}`,
];

describe('cluster query language', () => {
  for (const [query, expected] of cases) {
    test(`${query} is ${expected}`, () => assert.equal(matchesQuery(parseQuery(query), instance), expected));
  }
  for (const query of refused) {
    test(`refuses ${JSON.stringify(query.slice(0, 60))}`, () =>
      assert.throws(() => parseQuery(query), QuerySyntaxError));
  }

  test('any text parses or is refused as a syntax error', () => {
    const word = fc.constantFrom(
      ...'attribute:a task:group agentConnected ( ) [ ] , == != =~ !~ ! in exists and or not "x" \' x 1.2 2026-01-01'.split(
        ' ',
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join(' ')),
        ),
        (text) => {
          try {
            matchesQuery(parseQuery(text), instance);
          } catch (error) {
            assert.ok(error instanceof QuerySyntaxError, String(error));
          }
        },
      ),
    );
  });
});
