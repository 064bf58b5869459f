import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateClusterCommand,
  DeleteAccountSettingCommand,
  type ECSClient,
  ListAccountSettingsCommand,
  PutAccountSettingCommand,
  PutAccountSettingDefaultCommand,
  paginateListAccountSettings,
  type SettingName,
} from '@aws-sdk/client-ecs';
import { startTestControlPlane, type TestControlPlane } from '../../support/control-plane.ts';

let controlPlane: TestControlPlane;
let ecs: ECSClient;
before(async () => {
  controlPlane = await startTestControlPlane();
  ecs = controlPlane.ecs();
});
after(() => controlPlane.close());

const user = 'arn:aws:iam::123456789012:user/ann';
const root = 'arn:aws:iam::123456789012:root';
const name: SettingName = 'containerInsights';
const effective = async (principalArn: string) =>
  (await ecs.send(new ListAccountSettingsCommand({ name, principalArn, effectiveSettings: true }))).settings![0]?.value;

test("a user's own setting comes before the account's default, and that before AWS's", async () => {
  assert.equal(await effective(user), 'disabled');
  const { setting } = await ecs.send(new PutAccountSettingDefaultCommand({ name, value: 'enabled' }));
  assert.deepEqual(setting, { name, value: 'enabled', principalArn: root, type: 'user' });
  assert.equal(await effective(user), 'enabled');
  await ecs.send(new PutAccountSettingCommand({ name, value: 'enhanced', principalArn: user }));
  assert.equal(await effective(user), 'enhanced');
  const own = await ecs.send(new ListAccountSettingsCommand({ principalArn: user }));
  assert.deepEqual(own.settings, [{ name, value: 'enhanced', principalArn: user, type: 'user' }]);
  const deleted = await ecs.send(new DeleteAccountSettingCommand({ name, principalArn: user }));
  assert.equal(deleted.setting?.value, 'enabled');
  const { cluster } = await ecs.send(new CreateClusterCommand({ clusterName: 'insights' }));
  assert.deepEqual(cluster?.settings, [{ name, value: 'enabled' }]);
  await ecs.send(new DeleteAccountSettingCommand({ name, principalArn: root }));
});

test('effective settings: every name, over pages, filtered by value', async () => {
  const found: string[] = [];
  const pages = paginateListAccountSettings({ client: ecs, pageSize: 4 }, { effectiveSettings: true });
  for await (const page of pages) found.push(...page.settings!.map((setting) => setting.name!));
  assert.equal(new Set(found).size, 11);
  assert.deepEqual(found, found.toSorted());
  const { settings } = await ecs.send(
    new ListAccountSettingsCommand({ effectiveSettings: true, name: 'taskLongArnFormat', value: 'disabled' }),
  );
  assert.deepEqual(settings, []);
});

test('unknown names, wrong values, foreign principals', async () => {
  const put = (input: object) => ecs.send(new PutAccountSettingCommand({ name, value: 'enabled', ...input }));
  await assert.rejects(put({ name: 'colour' }), {
    name: 'InvalidParameterException',
    message: /^unknown should be one of/,
  });
  await assert.rejects(put({ value: 'maybe' }), { name: 'InvalidParameterException' });
  await assert.rejects(put({ principalArn: 'arn:aws:iam::210987654321:user/bob' }), {
    name: 'InvalidParameterException',
  });
  await assert.rejects(put({ name: 'taskLongArnFormat', value: 'disabled' }), {
    name: 'InvalidParameterException',
    message: 'You can no longer disable Long Arn settings',
  });
  await assert.rejects(ecs.send(new ListAccountSettingsCommand({ value: 'enabled' })), {
    name: 'InvalidParameterException',
  });
});
