export type IamResource = 'user' | 'group' | 'role' | 'policy' | 'instance-profile';

/** `path` begins and ends in `/`. */
export const iamArn = (account: string, resource: IamResource, path: string, name: string): string =>
  `arn:aws:iam::${account}:${resource}${path}${name}`;
