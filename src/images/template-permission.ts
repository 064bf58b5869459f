/**
 * May a repository be made from a template? ECR assumes the template's role to do it, and the key that the template names
 * has to be usable. Without a role of its own the service-linked role does it.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-iam.html
 */
import { createAuthorize } from '#auth/authorize.ts';
import { serviceSession } from '#auth/service-session.ts';
import { trustsService } from '#auth/service-trust.ts';
import { problemOf } from '#keys/kms-key.ts';
import type { Clock } from '#lib/clock.ts';
import type { RepositoryCreationTemplateRow } from '#model/ecr-registry.ts';
import type { Permission } from '#protocol/authorize.ts';
import type { View } from '#store/store.ts';
import { roles } from '#store/tables/iam.ts';
import { kmsKeys } from '#store/tables/secrets.ts';

const service = 'ecr.amazonaws.com';
const sessionMs = 3_600_000;

export type TemplateRefusal = 'TEMPLATE_ROLE' | 'TEMPLATE_KEY';

function isPermitted(
  view: View,
  clock: Clock,
  template: RepositoryCreationTemplateRow,
  repositoryArn: string,
): boolean {
  const role = view.get(roles, template.customRoleArn!);
  const nowMs = clock.now();
  const { account, region } = template;
  const call = { service, sourceArn: repositoryArn, sourceAccount: account, region, nowMs };
  if (role?.account !== account || !trustsService(role, call)) return false;
  const requestTags = template.resourceTags;
  const create: Permission = { action: 'ecr:CreateRepository', resource: repositoryArn, requestTags };
  const tag: Permission = { action: 'ecr:TagResource', resource: repositoryArn, requestTags };
  const decision = createAuthorize({ view, clock })({
    requestId: '',
    region,
    sourceIp: '',
    userAgent: service,
    secure: true,
    principal: serviceSession(role, { service, name: 'ecr-template', nowMs, lifetimeMs: sessionMs }),
    permissions: Object.keys(requestTags).length > 0 ? [create, tag] : [create],
  });
  return decision.allowed;
}

/** Undefined when it may. */
export function templateRefusal(
  view: View,
  clock: Clock,
  template: RepositoryCreationTemplateRow,
  repositoryArn: string,
): TemplateRefusal | undefined {
  if (template.customRoleArn !== undefined && !isPermitted(view, clock, template, repositoryArn))
    return 'TEMPLATE_ROLE';
  const { kmsKeyArn } = template;
  if (kmsKeyArn !== undefined && problemOf(view.get(kmsKeys, kmsKeyArn)) !== undefined) return 'TEMPLATE_KEY';
  return undefined;
}
