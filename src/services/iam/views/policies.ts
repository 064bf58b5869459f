import type { PolicyVersion } from '#model/iam.ts';
import type { View } from '#store/store.ts';
import { type AnyPolicy, attachmentsOf, boundariesOf } from '../managed-policies.ts';
import { tagList } from '../tags.ts';

/** Documents are percent-encoded (RFC 3986) in answers. */
export const encodeDocument = (document: string): string =>
  encodeURIComponent(document).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** GetPolicy answers description and tags too; CreatePolicy answers tags where there are some, ListPolicies neither. */
export function policyView(view: View, account: string, policy: AnyPolicy, shown: 'created' | 'listed' | 'full') {
  const attached = attachmentsOf(view, account, policy.arn);
  const boundaries = boundariesOf(view, account, policy.arn);
  const tags = tagList(policy.tags);
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: attached.users.length + attached.groups.length + attached.roles.length,
    PermissionsBoundaryUsageCount: boundaries.users.length + boundaries.roles.length,
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
    ...(shown === 'full' && policy.description && { Description: policy.description }),
    ...((shown === 'full' || (shown === 'created' && tags.length > 0)) && { Tags: tags }),
  };
}

export const versionView = (policy: AnyPolicy, version: PolicyVersion, withDocument: boolean) => ({
  ...(withDocument && { Document: encodeDocument(version.document) }),
  VersionId: version.versionId,
  IsDefaultVersion: version.versionId === policy.defaultVersionId,
  CreateDate: new Date(version.createdAt),
});
