/** ECS's handlers by operation name. An operation that is not here answers that it is not implemented. */
import type { Handler } from '#protocol/service.ts';
import { CreateCapacityProvider } from './operations/CreateCapacityProvider.ts';
import { CreateCluster } from './operations/CreateCluster.ts';
import { CreateDaemon } from './operations/CreateDaemon.ts';
import { CreateService } from './operations/CreateService.ts';
import { CreateTaskSet } from './operations/CreateTaskSet.ts';
import { DeleteAccountSetting } from './operations/DeleteAccountSetting.ts';
import { DeleteAttributes } from './operations/DeleteAttributes.ts';
import { DeleteCapacityProvider } from './operations/DeleteCapacityProvider.ts';
import { DeleteCluster } from './operations/DeleteCluster.ts';
import { DeleteDaemon } from './operations/DeleteDaemon.ts';
import { DeleteDaemonTaskDefinition } from './operations/DeleteDaemonTaskDefinition.ts';
import { DeleteService } from './operations/DeleteService.ts';
import { DeleteTaskDefinitions } from './operations/DeleteTaskDefinitions.ts';
import { DeleteTaskSet } from './operations/DeleteTaskSet.ts';
import { DeregisterContainerInstance } from './operations/DeregisterContainerInstance.ts';
import { DeregisterTaskDefinition } from './operations/DeregisterTaskDefinition.ts';
import { DescribeCapacityProviders } from './operations/DescribeCapacityProviders.ts';
import { DescribeClusters } from './operations/DescribeClusters.ts';
import { DescribeContainerInstances } from './operations/DescribeContainerInstances.ts';
import { DescribeDaemon } from './operations/DescribeDaemon.ts';
import { DescribeDaemonDeployments } from './operations/DescribeDaemonDeployments.ts';
import { DescribeDaemonRevisions } from './operations/DescribeDaemonRevisions.ts';
import { DescribeDaemonTaskDefinition } from './operations/DescribeDaemonTaskDefinition.ts';
import { DescribeServiceDeployments } from './operations/DescribeServiceDeployments.ts';
import { DescribeServiceRevisions } from './operations/DescribeServiceRevisions.ts';
import { DescribeServices } from './operations/DescribeServices.ts';
import { DescribeTaskDefinition } from './operations/DescribeTaskDefinition.ts';
import { DescribeTaskSets } from './operations/DescribeTaskSets.ts';
import { DescribeTasks } from './operations/DescribeTasks.ts';
import { DiscoverPollEndpoint } from './operations/DiscoverPollEndpoint.ts';
import { GetTaskProtection } from './operations/GetTaskProtection.ts';
import { ListAccountSettings } from './operations/ListAccountSettings.ts';
import { ListAttributes } from './operations/ListAttributes.ts';
import { ListClusters } from './operations/ListClusters.ts';
import { ListContainerInstances } from './operations/ListContainerInstances.ts';
import { ListDaemonDeployments } from './operations/ListDaemonDeployments.ts';
import { ListDaemons } from './operations/ListDaemons.ts';
import { ListDaemonTaskDefinitions } from './operations/ListDaemonTaskDefinitions.ts';
import { ListServiceDeployments } from './operations/ListServiceDeployments.ts';
import { ListServices } from './operations/ListServices.ts';
import { ListServicesByNamespace } from './operations/ListServicesByNamespace.ts';
import { ListTagsForResource } from './operations/ListTagsForResource.ts';
import { ListTaskDefinitionFamilies } from './operations/ListTaskDefinitionFamilies.ts';
import { ListTaskDefinitions } from './operations/ListTaskDefinitions.ts';
import { ListTasks } from './operations/ListTasks.ts';
import { PutAccountSetting } from './operations/PutAccountSetting.ts';
import { PutAccountSettingDefault } from './operations/PutAccountSettingDefault.ts';
import { PutAttributes } from './operations/PutAttributes.ts';
import { PutClusterCapacityProviders } from './operations/PutClusterCapacityProviders.ts';
import { RegisterContainerInstance } from './operations/RegisterContainerInstance.ts';
import { RegisterDaemonTaskDefinition } from './operations/RegisterDaemonTaskDefinition.ts';
import { RegisterTaskDefinition } from './operations/RegisterTaskDefinition.ts';
import { RunTask } from './operations/RunTask.ts';
import { StartTask } from './operations/StartTask.ts';
import { StopServiceDeployment } from './operations/StopServiceDeployment.ts';
import { StopTask } from './operations/StopTask.ts';
import { SubmitAttachmentStateChanges } from './operations/SubmitAttachmentStateChanges.ts';
import { SubmitContainerStateChange } from './operations/SubmitContainerStateChange.ts';
import { SubmitTaskStateChange } from './operations/SubmitTaskStateChange.ts';
import { TagResource } from './operations/TagResource.ts';
import { UntagResource } from './operations/UntagResource.ts';
import { UpdateCapacityProvider } from './operations/UpdateCapacityProvider.ts';
import { UpdateCluster } from './operations/UpdateCluster.ts';
import { UpdateClusterSettings } from './operations/UpdateClusterSettings.ts';
import { UpdateContainerAgent } from './operations/UpdateContainerAgent.ts';
import { UpdateContainerInstancesState } from './operations/UpdateContainerInstancesState.ts';
import { UpdateDaemon } from './operations/UpdateDaemon.ts';
import { UpdateService } from './operations/UpdateService.ts';
import { UpdateServicePrimaryTaskSet } from './operations/UpdateServicePrimaryTaskSet.ts';
import { UpdateTaskProtection } from './operations/UpdateTaskProtection.ts';
import { UpdateTaskSet } from './operations/UpdateTaskSet.ts';

export const handlers: Readonly<Record<string, Handler>> = {
  CreateCapacityProvider,
  CreateCluster,
  CreateDaemon,
  CreateService,
  CreateTaskSet,
  DeleteAccountSetting,
  DeleteAttributes,
  DeleteCapacityProvider,
  DeleteCluster,
  DeleteDaemon,
  DeleteDaemonTaskDefinition,
  DeleteService,
  DeleteTaskDefinitions,
  DeleteTaskSet,
  DeregisterContainerInstance,
  DeregisterTaskDefinition,
  DescribeCapacityProviders,
  DescribeClusters,
  DescribeContainerInstances,
  DescribeDaemon,
  DescribeDaemonDeployments,
  DescribeDaemonRevisions,
  DescribeDaemonTaskDefinition,
  DescribeServiceDeployments,
  DescribeServiceRevisions,
  DescribeServices,
  DescribeTaskDefinition,
  DescribeTaskSets,
  DescribeTasks,
  DiscoverPollEndpoint,
  GetTaskProtection,
  ListAccountSettings,
  ListAttributes,
  ListClusters,
  ListContainerInstances,
  ListDaemonDeployments,
  ListDaemonTaskDefinitions,
  ListDaemons,
  ListServiceDeployments,
  ListServices,
  ListServicesByNamespace,
  ListTagsForResource,
  ListTaskDefinitionFamilies,
  ListTaskDefinitions,
  ListTasks,
  PutAccountSetting,
  PutAccountSettingDefault,
  PutAttributes,
  PutClusterCapacityProviders,
  RegisterContainerInstance,
  RegisterDaemonTaskDefinition,
  RegisterTaskDefinition,
  RunTask,
  StartTask,
  StopServiceDeployment,
  StopTask,
  SubmitAttachmentStateChanges,
  SubmitContainerStateChange,
  SubmitTaskStateChange,
  TagResource,
  UntagResource,
  UpdateCapacityProvider,
  UpdateCluster,
  UpdateClusterSettings,
  UpdateContainerAgent,
  UpdateContainerInstancesState,
  UpdateDaemon,
  UpdateService,
  UpdateServicePrimaryTaskSet,
  UpdateTaskProtection,
  UpdateTaskSet,
};
