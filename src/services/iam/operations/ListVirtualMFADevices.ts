import type { ListVirtualMFADevicesCommandInput, ListVirtualMFADevicesCommandOutput } from '@aws-sdk/client-iam';
import type { IamOperation } from '../context.ts';

/** There are none here: none can be made. Clients ask before they delete a user. */
export const ListVirtualMFADevices: IamOperation<
  ListVirtualMFADevicesCommandInput,
  ListVirtualMFADevicesCommandOutput
> = () => ({ VirtualMFADevices: [], IsTruncated: false });
