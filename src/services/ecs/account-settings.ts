/**
 * Account settings: their names and values, and which value holds for a principal: its own, else the root user's,
 * which is the account's default, else AWS's. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html
 */
import type { Setting, SettingName } from '@aws-sdk/client-ecs';
import { parseArn, partitionOf, type Scope, scopeKey } from '#model/arn.ts';
import type { Tx, View } from '#store/store.ts';
import { accountSettings } from '#store/tables/ecs.ts';
import { clientException, invalidParameter } from './errors.ts';

interface SettingDefinition {
  readonly values: readonly string[];
  /** What AWS has when nobody said anything. */
  readonly initial: string;
  /** Values that AWS takes and that would change nothing here: refused. */
  readonly unsupported?: readonly string[];
  /** ECS's own words for such a value, where it refuses it too. */
  readonly refusal?: string;
}

const onOff: SettingDefinition = {
  values: ['enabled', 'disabled'],
  initial: 'disabled',
  unsupported: ['enabled'],
};
/** Only long ARNs exist here, as in AWS accounts of today. */
const longArn: SettingDefinition = {
  values: ['enabled', 'disabled'],
  initial: 'enabled',
  unsupported: ['disabled'],
  refusal: 'You can no longer disable Long Arn settings',
};

const definitions: Readonly<Record<SettingName, SettingDefinition>> = {
  awsvpcTrunking: onOff,
  containerInsights: { values: ['enhanced', 'enabled', 'disabled'], initial: 'disabled' },
  containerInstanceLongArnFormat: longArn,
  defaultLogDriverMode: { values: ['blocking', 'non-blocking'], initial: 'non-blocking' },
  fargateEventWindows: onOff,
  fargateFIPSMode: onOff,
  fargateTaskRetirementWaitPeriod: { values: ['0', '7', '14'], initial: '7' },
  guardDutyActivate: { values: ['on', 'off'], initial: 'off', unsupported: ['on', 'off'] },
  serviceLongArnFormat: longArn,
  tagResourceAuthorization: { values: ['on', 'off'], initial: 'on' },
  taskLongArnFormat: longArn,
};

/** Sorted. */
export const settingNames = Object.keys(definitions).sort() as readonly SettingName[];

export function checkSettingName(name: string | undefined): SettingName {
  if (name === undefined || !(settingNames as readonly string[]).includes(name)) {
    throw invalidParameter(`unknown should be one of '${settingNames.join("','")}'`);
  }
  return name as SettingName;
}

export function checkSetting(name: string | undefined, value: string | undefined): SettingName {
  const known = checkSettingName(name);
  const { values, unsupported, refusal } = definitions[known];
  if (value === undefined || !values.includes(value)) {
    throw invalidParameter(`Invalid value '${value}' for setting '${known}'. Must be one of [${values.join(',')}]`);
  }
  if (unsupported?.includes(value)) {
    if (refusal) throw invalidParameter(refusal);
    throw clientException(`The value '${value}' of '${known}' is not supported here.`);
  }
  return known;
}

/** The root user of the account: what is set for it is the account's default. */
export const rootArn = (scope: Scope): string => `arn:${partitionOf(scope.region)}:iam::${scope.account}:root`;

/** A user, a role or root of the caller's account; a role's session stands for the role. */
export function checkPrincipal(scope: Scope, principalArn: string): string {
  const arn = parseArn(principalArn);
  const session = /^assumed-role\/([^/]+)\//.exec(arn?.resource ?? '');
  if (arn?.service === 'sts' && session) return `arn:${arn.partition}:iam::${arn.account}:role/${session[1]}`;
  if (arn?.service !== 'iam' || !/^(root$|user\/|role\/)/.test(arn.resource) || arn.account !== scope.account) {
    throw invalidParameter(`Invalid principalArn: ${principalArn}`);
  }
  return principalArn;
}

export const settingKey = (scope: Scope, principalArn: string, name: string): string =>
  `${scopeKey(scope)}/${principalArn}/${name}`;

const typeOf = (name: SettingName) => (name === 'guardDutyActivate' ? 'aws_managed' : 'user');

/** What was set for the principal itself. */
export function ownSetting(view: View, scope: Scope, principalArn: string, name: SettingName): Setting | undefined {
  const row = view.get(accountSettings, settingKey(scope, principalArn, name));
  return row && { name, value: row.value, principalArn, type: typeOf(name) };
}

/** The value that holds for a principal. */
export function effectiveSetting(view: View, scope: Scope, principalArn: string, name: SettingName): Setting {
  const found = ownSetting(view, scope, principalArn, name) ?? ownSetting(view, scope, rootArn(scope), name);
  return { name, value: found?.value ?? definitions[name].initial, principalArn, type: typeOf(name) };
}

export function putSetting(tx: Tx, scope: Scope, principalArn: string, name: SettingName, value: string): Setting {
  const { account, region } = scope;
  tx.put(accountSettings, { account, region, key: settingKey(scope, principalArn, name), principalArn, name, value });
  return { name, value, principalArn, type: typeOf(name) };
}
