import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { containerInstanceArn } from '#model/arn.ts';
import type { ServiceRow, TaskRow } from '#model/rows.ts';
import { isServing } from '#model/task-serving.ts';
import { requestStop } from '#model/task-transition.ts';
import { sampleDeployment, sampleService, sampleTask } from '../service/sample-rows.ts';
import { type DaemonInstance, type DaemonPlan, planDaemon } from './plan.ts';

const scope = { account: '000000000000', region: 'us-east-1' };
const arnOf = (name: string) => containerInstanceArn(scope, 'c', name);
const service = sampleService({ schedulingStrategy: 'DAEMON', deployments: [sampleDeployment('ecs-svc/2')] });
const running = (id: string, change: Partial<TaskRow> = {}) =>
  sampleTask(id, { lastStatus: 'RUNNING', startedAt: 1, deploymentId: 'ecs-svc/2', ...change });
const old = { deploymentId: 'ecs-svc/1' };
const on = (
  name: string,
  tasks: readonly TaskRow[],
  standing: DaemonInstance['standing'] = 'wanted',
): DaemonInstance => ({ arn: arnOf(name), standing, tasks });
const at = (instances: readonly DaemonInstance[], more: object = {}, row: ServiceRow = service) =>
  planDaemon({ service: row, deploymentId: 'ecs-svc/2', instances, mayLose: 9, held: false, nowMs: 1000, ...more });
const stopped = (plan: DaemonPlan) => plan.stops.map(({ task }) => task.arn.slice(-1)).sort();
const nothing = { launchOn: [], stops: [], lost: [], outdated: [], missing: [] };

test('a wanted instance without a task gets one; one that has it, or starts it, is left alone', () => {
  assert.deepEqual(at([on('a', [])]).launchOn, [arnOf('a')]);
  assert.deepEqual(at([on('a', [running('t')])]), nothing);
  assert.deepEqual(at([on('a', [sampleTask('t', { deploymentId: 'ecs-svc/2' })])]), nothing);
});

test('an instance that is not wanted loses its task, whatever minimumHealthyPercent says', () => {
  assert.deepEqual(stopped(at([on('a', [running('t')], 'unwanted')], { mayLose: 0 })), ['t']);
});

test('a draining instance keeps its task until it is the last, and gets none', () => {
  assert.deepEqual(at([on('a', [running('t')], 'draining')]), nothing);
  assert.deepEqual(stopped(at([on('a', [running('t')], 'draining-last')])), ['t']);
  assert.deepEqual(at([on('a', [], 'draining-last')]), nothing);
});

test('an old task is stopped first, as far as may be, and replaced when it is gone', () => {
  const plan = at([on('a', [running('t', old)]), on('b', [running('u', old)])], { mayLose: 1 });
  assert.deepEqual([stopped(plan), plan.launchOn, plan.outdated], [['t'], [], [arnOf('b')]]);
  const stopping = requestStop(plan.stops[0]!.task, { stopCode: 'ServiceSchedulerInitiated', reason: '', nowMs: 1 });
  assert.deepEqual(at([on('a', [stopping])]), nothing);
  assert.deepEqual(at([on('a', [])]).launchOn, [arnOf('a')]);
});

test('while launches are held nothing is given up for them', () => {
  const plan = at([on('a', [running('t', old)]), on('b', [])], { held: true });
  assert.deepEqual(plan, { ...nothing, outdated: [arnOf('a')], missing: [arnOf('b')] });
});

test('a task that fails its health checks goes, with that reason', () => {
  const sick = sampleTask(
    't',
    { lastStatus: 'RUNNING', startedAt: 1, healthStatus: 'UNHEALTHY', deploymentId: 'ecs-svc/2' },
    true,
  );
  const [stop] = at([on('a', [sick])], { mayLose: 0 }).stops;
  assert.equal(stop!.reason, 'Task failed container health checks');
});

test('a protected task stays until its protection ends', () => {
  const plan = at([on('a', [running('t', { ...old, protectedUntil: 5000 })])]);
  assert.deepEqual(plan, { ...nothing, outdated: [arnOf('a')], lookAgainAt: 5000 });
  assert.deepEqual(stopped(at([on('a', [running('t', { ...old, protectedUntil: 500 })])])), ['t']);
});

test('what was to stop on a lost instance has stopped; what is wanted there stays', () => {
  const stopping = running('t', { desiredStatus: 'STOPPED' });
  const plan = at([
    { ...on('a', [stopping]), isLost: true },
    { ...on('b', [running('u')]), isLost: true },
    on('c', [stopping]),
  ]);
  assert.deepEqual(plan, { ...nothing, lost: [stopping] });
});

test('a deleted service stops everything, also on draining instances', () => {
  const deleted = { ...service, status: 'DRAINING' as const };
  const instances = [on('a', [running('t')]), on('b', [running('u')], 'draining'), on('c', [])];
  const plan = at(instances, { mayLose: 0 }, deleted);
  assert.deepEqual([stopped(plan), plan.launchOn], [['t', 'u'], []]);
});

interface Model {
  readonly instances: Map<string, { standing: DaemonInstance['standing']; tasks: TaskRow[] }>;
  nextTask: number;
  primary: string;
}

const standings = ['wanted', 'draining', 'draining-last', 'unwanted'] as const;

function view(model: Model, names: readonly string[], minimumHealthyPercent: number) {
  const all = [...model.instances.values()];
  const serving = all.flatMap(({ tasks }) => tasks).filter(isServing).length;
  const desired = all.filter(({ standing }) => standing === 'wanted').length;
  const mayLose = Math.max(0, serving - Math.ceil((desired * minimumHealthyPercent) / 100));
  const instances = names.map((name) =>
    on(name, model.instances.get(name)!.tasks, model.instances.get(name)!.standing),
  );
  return { service, deploymentId: model.primary, instances, mayLose, held: false, nowMs: 1000 };
}

/** Plans for the instances and does what the plan says; checks what must hold at every step. */
function step(model: Model, names: readonly string[], minimumHealthyPercent: number): boolean {
  const seen = view(model, names, minimumHealthyPercent);
  const plan = planDaemon(seen);
  const givenUp = plan.stops.filter(({ task }) => {
    const { standing } = [...model.instances.values()].find(({ tasks }) => tasks.includes(task))!;
    return standing === 'wanted' && isServing(task);
  });
  assert.ok(givenUp.length <= seen.mayLose, 'below minimumHealthyPercent');
  for (const { task } of plan.stops) {
    const instance = [...model.instances.values()].find(({ tasks }) => tasks.includes(task))!;
    const stopping = requestStop(task, { stopCode: 'ServiceSchedulerInitiated', reason: '', nowMs: 1000 });
    instance.tasks = instance.tasks.map((one) => (one === task ? stopping : one));
  }
  for (const arn of plan.launchOn) {
    const name = names.find((one) => arnOf(one) === arn)!;
    const task = sampleTask(String(model.nextTask++), {
      deploymentId: model.primary,
      containerInstanceArn: arnOf(name),
    });
    model.instances.get(name)!.tasks.push(task);
  }
  for (const { tasks } of model.instances.values()) assert.ok(tasks.length <= 1, 'two tasks on one instance');
  return plan.stops.length + plan.launchOn.length > 0;
}

/** Every agent of `names` brings its tasks one step further. */
function report(model: Model, names: readonly string[]): void {
  for (const name of names) {
    const instance = model.instances.get(name)!;
    instance.tasks = instance.tasks
      .filter((task) => task.desiredStatus === 'RUNNING')
      .map((task) => ({ ...task, lastStatus: 'RUNNING' as const, startedAt: 500 }));
  }
}

test('property: never two on an instance, within minimumHealthyPercent, one on each wanted instance in the end', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const subset = fc.subarray(names);
  const action = fc.oneof(
    fc.record({ kind: fc.constant('plan' as const), names: subset }),
    fc.record({ kind: fc.constant('report' as const), names: subset }),
    fc.record({ kind: fc.constant('die' as const), names: subset }),
    fc.record({ kind: fc.constant('deploy' as const), names: subset }),
    fc.record({ kind: fc.constantFrom(...standings), names: subset }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.constantFrom(0, 50, 75), (actions, minimum) => {
      const model: Model = {
        instances: new Map(names.map((name) => [name, { standing: 'wanted' as const, tasks: [] }])),
        nextTask: 1,
        primary: 'ecs-svc/1',
      };
      let deployments = 1;
      for (const { kind, names: some } of actions) {
        if (kind === 'plan') step(model, some, minimum);
        else if (kind === 'report') report(model, some);
        else if (kind === 'die') for (const name of some) model.instances.get(name)!.tasks = [];
        else if (kind === 'deploy') model.primary = `ecs-svc/${++deployments}`;
        else for (const name of some) model.instances.get(name)!.standing = kind;
      }
      for (const name of names) model.instances.get(name)!.standing = name === 'e' ? 'unwanted' : 'wanted';
      for (let round = 0; round < 40; round++) {
        step(model, names, minimum);
        report(model, names);
      }
      assert.deepEqual(planDaemon(view(model, names, minimum)), nothing, 'planning a planned state changes nothing');
      for (const [name, { tasks }] of model.instances) {
        assert.deepEqual(
          tasks.map((task) => task.deploymentId),
          name === 'e' ? [] : [model.primary],
        );
      }
    }),
  );
});
