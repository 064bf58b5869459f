/** The policies that a simulation is about, each with its text and the name that AWS's simulator gives it. */
import type { PolicyKind } from '#policy/document.ts';
import { compilePolicy, type Policy } from '#policy/policy.ts';
import type { View } from '#store/store.ts';
import { groups, roles, users } from '#store/tables/iam.ts';
import { invalidInput, noSuchEntity } from '../errors.ts';
import type { Identity } from '../identities.ts';
import { findPolicy } from '../managed-policies.ts';

export interface Source {
  /** `AdministratorAccess`, `role_deploy_inline`, `PolicyInputList.1` */
  readonly name: string;
  readonly type: 'IAM Policy' | 'Permissions Boundary Policy' | 'Resource Policy';
  readonly text: string;
  readonly policy: Policy;
  /** How requests name it to leave it out. */
  readonly arn?: string;
  readonly inline?: { readonly policyName: string; readonly of: string; readonly name: string };
}

/** A policy that the client sent; throws where it is none. */
export function inputSource(name: string, type: Source['type'], text: string, kind: PolicyKind): Source {
  const policy = compilePolicy(text, kind);
  if ('malformed' in policy) throw invalidInput(`Invalid policy ${name}: ${policy.malformed}`);
  return { name, type, text, policy };
}

export const inputSources = (
  list: 'PolicyInputList' | 'PermissionsBoundaryPolicyInputList',
  documents: readonly string[] | undefined,
): Source[] =>
  (documents ?? []).map((text, i) =>
    inputSource(
      `${list}.${i + 1}`,
      list === 'PolicyInputList' ? 'IAM Policy' : 'Permissions Boundary Policy',
      text,
      list === 'PolicyInputList' ? 'identity' : 'boundary',
    ),
  );

function managedSource(view: View, account: string, arn: string, type: Source['type']): Source[] {
  const managed = findPolicy(view, account, arn);
  const text = managed?.versions.find((one) => one.versionId === managed.defaultVersionId)?.document;
  if (!managed || text === undefined) return [];
  return [{ ...inputSource(managed.name, type, text, 'identity'), arn }];
}

function ownSources(view: View, account: string, word: 'user' | 'group' | 'role', row: Identity): Source[] {
  const inline = row.inlinePolicies.map(({ name, document }) => ({
    ...inputSource(`${word}_${row.name}_${name}`, 'IAM Policy', document, 'identity'),
    inline: { policyName: name, of: word, name: row.name },
  }));
  return [...inline, ...row.attachedPolicyArns.flatMap((arn) => managedSource(view, account, arn, 'IAM Policy'))];
}

export interface PrincipalSources {
  readonly kind: 'user' | 'group' | 'role';
  readonly row: Identity;
  readonly identity: readonly Source[];
  readonly boundary?: Source | undefined;
}

const entityArn = /^arn:aws:iam::\d{12}:(user|group|role)\/(?:.*\/)?([^/]+)$/;

/** Everything attached to a user (and its groups), group or role. */
export function principalSources(view: View, account: string, arn: string): PrincipalSources {
  const [, kind, name] = entityArn.exec(arn) ?? [];
  if (kind === undefined || name === undefined)
    throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`);
  const missing = noSuchEntity(`The ${kind} with name ${name} cannot be found.`);
  const boundaryAt = (boundary: string | undefined) =>
    boundary === undefined ? undefined : managedSource(view, account, boundary, 'Permissions Boundary Policy')[0];
  if (kind === 'group') {
    const row = view.get(groups, arn);
    if (row?.account !== account) throw missing;
    return { kind, row, identity: ownSources(view, account, kind, row) };
  }
  if (kind === 'role') {
    const row = view.get(roles, arn);
    if (row?.account !== account) throw missing;
    return { kind, row, identity: ownSources(view, account, kind, row), boundary: boundaryAt(row.permissionsBoundary) };
  }
  const row = view.get(users, arn);
  if (row?.account !== account) throw missing;
  const ofGroups = row.groupArns.flatMap((one) => {
    const group = view.get(groups, one);
    return group ? ownSources(view, account, 'group', group) : [];
  });
  const identity = [...ownSources(view, account, 'user', row), ...ofGroups];
  return { kind: 'user', row, identity, boundary: boundaryAt(row.permissionsBoundary) };
}
