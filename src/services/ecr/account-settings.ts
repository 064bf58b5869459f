/** Settings of a registry: what they may be, and what they are when nobody has set them. */

import { checkOneOf } from '#images/api/validate.ts';
import { blobMountingDefault } from '#images/blobs.ts';
import { accountSettingNames, type EcrAccountSetting } from '#model/ecr-registry.ts';

export const allowedValues: Readonly<Record<EcrAccountSetting, readonly string[]>> = {
  BASIC_SCAN_TYPE_VERSION: ['AWS_NATIVE'],
  REGISTRY_POLICY_SCOPE: ['V1', 'V2'],
  BLOB_MOUNTING: ['ENABLED', 'DISABLED'],
};

export const defaultValues: Readonly<Record<EcrAccountSetting, string>> = {
  BASIC_SCAN_TYPE_VERSION: 'AWS_NATIVE',
  REGISTRY_POLICY_SCOPE: 'V2',
  BLOB_MOUNTING: blobMountingDefault,
};

export const checkSettingName = (name: string): EcrAccountSetting => checkOneOf('name', name, accountSettingNames);
