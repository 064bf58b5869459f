/** The handlers by operation name. */
import type { Handler } from '#protocol/service.ts';
import { ExplainPlacement } from './operations/ExplainPlacement.ts';
import { GetServiceHistory } from './operations/GetServiceHistory.ts';
import { GetTaskHistory } from './operations/GetTaskHistory.ts';
import { ListServiceTaskHistories } from './operations/ListServiceTaskHistories.ts';

export const handlers: Readonly<Record<string, Handler>> = {
  ExplainPlacement,
  GetServiceHistory,
  GetTaskHistory,
  ListServiceTaskHistories,
};
