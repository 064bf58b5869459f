/** What IAM demands of a Resource, with its words. */
const partition = /^(aws(-[a-z]+)*|\*)$/;

const iamPaths = [
  'user/',
  'federated-user/',
  'role/',
  'group/',
  'instance-profile/',
  'mfa/',
  'server-certificate/',
  'policy/',
  'sms-mfa/',
  'saml-provider/',
  'oidc-provider/',
  'report/',
  'access-report/',
];

/** The message, or `legacy` where the older parser gives up. */
export function malformedResource(resource: string): string | undefined {
  if (resource === '*') return undefined;
  const parts = resource.split(':');
  const [, part, service, region] = parts;
  if (part === undefined) return `Resource ${resource} must be in ARN format or "*".`;
  if (!partition.test(part)) {
    const rest = parts.slice(2);
    const shown = [
      rest[0] || (rest.length > 1 ? '' : '*'),
      rest[1] ?? '*',
      rest[2] ?? '*',
      rest.slice(3).join(':') || '*',
    ];
    return `Partition "${part}" is not valid for resource "arn:${part}:${shown.join(':')}".`;
  }
  if (service === undefined || /[*?]/.test(service))
    return 'Resource vendor must be fully qualified and cannot contain regexes.';
  if (service === '' || (parts.length < 6 && resource.includes('::'))) return 'legacy';
  if (service === 's3' && region) return `Resource ${resource} can not contain region information.`;
  if (service !== 'iam') return undefined;
  if (region) return `IAM resource ${resource} cannot contain region information.`;
  const path = parts.slice(5).join(':');
  return path.startsWith('*') || iamPaths.some((start) => path.startsWith(start))
    ? undefined
    : `IAM resource path must either be "*" or start with ${iamPaths.join(', ')}.`;
}
