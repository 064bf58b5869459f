/** The handlers by operation name. */
import type { Handler } from '#protocol/service.ts';
import { CreateAccount } from './operations/CreateAccount.ts';
import { ExplainDenial } from './operations/ExplainDenial.ts';
import { ExplainPlacement } from './operations/ExplainPlacement.ts';
import { GetInstanceCredentials } from './operations/GetInstanceCredentials.ts';
import { GetRegistryMaintenance } from './operations/GetRegistryMaintenance.ts';
import { GetServiceHistory } from './operations/GetServiceHistory.ts';
import { GetTaskHistory } from './operations/GetTaskHistory.ts';
import { JoinInstance } from './operations/JoinInstance.ts';
import { ListAccounts } from './operations/ListAccounts.ts';
import { ListServiceTaskHistories } from './operations/ListServiceTaskHistories.ts';
import { RemoveInstance } from './operations/RemoveInstance.ts';
import { StartRegistryMaintenance } from './operations/StartRegistryMaintenance.ts';

export const handlers: Readonly<Record<string, Handler>> = {
  CreateAccount,
  ExplainDenial,
  ExplainPlacement,
  GetInstanceCredentials,
  GetRegistryMaintenance,
  GetServiceHistory,
  GetTaskHistory,
  ListAccounts,
  JoinInstance,
  ListServiceTaskHistories,
  RemoveInstance,
  StartRegistryMaintenance,
};
